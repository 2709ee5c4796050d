package bmp

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// TestEncode checks that a Reader reads what Encode writes.
func TestEncode(t *testing.T) {
	gray4 := make([][3]uint8, 16)
	for i := range gray4 {
		gray4[i] = [3]uint8{uint8(17 * i), uint8(17 * i), uint8(17 * i)}
	}
	two := [][3]uint8{{1, 2, 3}, {4, 5, 6}}
	for _, c := range []struct {
		name string
		h    Header
		rows []string // what Encode takes
		want string   // what Reader returns
	}{
		{"1 bit", Header{Width: 9, Height: 2, Bits: 1, Palette: two}, []string{"\x00\x01\x00\x00\x01\x01\x00\x01\x01", strings.Repeat("\x01", 9)},
			"\x01\x02\x03\x04\x05\x06\x01\x02\x03\x01\x02\x03\x04\x05\x06\x04\x05\x06\x01\x02\x03\x04\x05\x06\x04\x05\x06" + strings.Repeat("\x04\x05\x06", 9)},
		{"1 bit of one colour", Header{Width: 1, Height: 1, Bits: 1, Palette: two[:1]}, []string{"\x00"}, "\x01\x02\x03"},
		{"4 bits", Header{Width: 3, Height: 2, Bits: 4, Palette: gray4}, []string{"\x00\x01\x0f", "\x02\x03\x04"}, "\x00\x11\xff\x22\x33\x44"},
		{"8 bits", Header{Width: 1, Height: 2, Bits: 8, Palette: gray4}, []string{"\x0f", "\x01"}, "\xff\x11"},
		{"24 bits", Header{Width: 2, Height: 1, Bits: 24, XPixelsPerMetre: 3, YPixelsPerMetre: 4}, []string{"abcdef"}, "abcdef"},
		{"alpha", Header{Width: 1, Height: 2, Bits: 32, Alpha: true}, []string{"abcd", "efgh"}, "abcdefgh"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Encode(&b, c.h, func(y int) []byte { return []byte(c.rows[y]) }); err != nil {
				t.Fatal(err)
			}
			rows, breach, err := read(b.String())
			if err != nil || breach != nil || rows != c.want {
				t.Errorf("got %q, breach %v and error %v, want %q", rows, breach, err, c.want)
			}
			r, err := NewReader(b.Bytes(), ReaderOptions{})
			if err != nil || !reflect.DeepEqual(*r.Header(), c.h) {
				t.Errorf("got header %+v and error %v, want %+v", r.Header(), err, c.h)
			}
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, h := range map[string]Header{
		"width 0":        {Height: 1, Bits: 24},
		"2 bits":         {Width: 1, Height: 1, Bits: 2, Palette: make([][3]uint8, 4)},
		"no palette":     {Width: 1, Height: 1, Bits: 8},
		"3 colours":      {Width: 1, Height: 1, Bits: 1, Palette: make([][3]uint8, 3)},
		"4 GiB":          {Width: 40000, Height: 40000, Bits: 24},
		"alpha, 24 bits": {Width: 1, Height: 1, Bits: 24, Alpha: true},
	} {
		if err := Encode(errorWriter{}, h, nil); err == nil || errors.Is(err, errWrite) {
			t.Errorf("%s: got error %v, want one before anything is written", name, err)
		}
	}
	h := Header{Width: 1, Height: 1, Bits: 24}
	if err := Encode(errorWriter{}, h, func(int) []byte { return make([]byte, 3) }); !errors.Is(err, errWrite) {
		t.Errorf("got error %v, want that of the destination", err)
	}
}

var errWrite = errors.New("test: no room")

type errorWriter struct{}

func (errorWriter) Write([]byte) (int, error) { return 0, errWrite }
