package tiff

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/pixel"
)

// packLZW compresses data as section 13 says; in the old order of bits, where a width is
// left one code later, if old is set. The code for the end is written if end is set.
func packLZW(data []byte, old, end bool) []byte {
	var out []byte
	var held, n int
	write := func(code, width int) {
		if old {
			held |= code << n
		} else {
			held = held<<width | code
		}
		for n += width; n >= 8; n -= 8 {
			if old {
				out = append(out, byte(held))
				held >>= 8
			} else {
				out = append(out, byte(held>>(n-8)))
			}
		}
	}
	early := 1
	if old {
		early = 0
	}
	table, width := map[string]int{}, lzwMinWidth
	codeOf := func(s []byte) (int, bool) {
		if len(s) == 1 {
			return int(s[0]), true
		}
		c, ok := table[string(s)]
		return c, ok
	}
	write(lzwClear, width)
	for len(data) > 0 {
		k := 1
		for k < len(data) {
			if _, ok := codeOf(data[:k+1]); !ok {
				break
			}
			k++
		}
		code, _ := codeOf(data[:k])
		write(code, width)
		if k < len(data) {
			table[string(data[:k+1])] = lzwFirst + len(table)
		}
		data = data[k:]
		// The decoder is one code behind: it makes a code when it has read the next one.
		for made := lzwFirst + len(table) - 1; made+early >= 1<<width && width < lzwMaxWidth; {
			width++
		}
		if lzwFirst+len(table) >= 1<<lzwMaxWidth-2 {
			write(lzwClear, width)
			clear(table)
			width = lzwMinWidth
		}
	}
	if end {
		write(lzwEnd, width)
	}
	if n > 0 {
		if old {
			out = append(out, byte(held))
		} else {
			out = append(out, byte(held<<(8-n)))
		}
	}
	return out
}

// TestLZW: strings come back in both orders of bits, with a code for the end and
// without, and data that are cut off are an error.
func TestLZW(t *testing.T) {
	noise := pixel.RasterOf(imagetest.Noise(pixel.Layout{Width: 100, Height: 300, Channels: 1, Depth: 8}.NewImage())).Pix
	few := bytes.Clone(noise)
	for i := range few {
		few[i] %= 3
	}
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"one byte", []byte("a")},
		{"one byte many times", bytes.Repeat([]byte("a"), 10000)},
		{"a period of three", bytes.Repeat([]byte("abc"), 5000)},
		{"noise", noise},
		{"few values", few},
	} {
		for _, old := range []bool{false, true} {
			for _, end := range []bool{false, true} {
				name := fmt.Sprintf("%s, old %v, end %v", c.name, old, end)
				packed := packLZW(c.data, old, end)
				got := make([]byte, len(c.data))
				used, err := new(lzw).decode(got, packed)
				if err != nil || !bytes.Equal(got, c.data) || used < len(packed)-2 {
					t.Errorf("%s: %d of %d bytes, error %v, same %v", name, used, len(packed), err, bytes.Equal(got, c.data))
				}
				if _, err := new(lzw).decode(got, packed[:len(packed)*9/10]); len(packed) > 9 && !errors.Is(err, ErrTruncated) {
					t.Errorf("%s, cut off: %v", name, err)
				}
			}
		}
	}
	if _, err := new(lzw).decode(make([]byte, 9), []byte("\x80\x7f\xff")); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a code that was not made: %v", err)
	}
}
