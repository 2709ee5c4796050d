package gif

import (
	"bytes"
	"compress/lzw"
	"io"
	"testing"
)

// TestUnpackIsTheStandardLibrarys unpacks what compress/lzw packs, for every code size
// that it has, and compares where src is cut off with what compress/lzw unpacks.
func TestUnpackIsTheStandardLibrarys(t *testing.T) {
	for codeSize := 2; codeSize <= 8; codeSize++ {
		for _, period := range []int{1, 3, 1000, 1 << 20} {
			want := testPixels(50000, period, codeSize)
			packed := packedPixels(t, want, codeSize)
			got := make([]byte, len(want))
			if n, more, err := unpack(got, packed, codeSize); n != len(want) || more || err != nil || !bytes.Equal(got, want) {
				t.Errorf("code size %d, period %d: %d pixels, more %v, error %v", codeSize, period, n, more, err)
			}
			short := make([]byte, len(want)-1)
			if n, more, err := unpack(short, packed, codeSize); n != len(short) || err != nil || !bytes.Equal(short, want[:n]) {
				t.Errorf("code size %d, period %d, a pixel less: %d pixels, more %v, error %v", codeSize, period, n, more, err)
			}
			cut := packed[:len(packed)/2]
			n, _, err := unpack(got, cut, codeSize)
			std, _ := io.ReadAll(lzw.NewReader(bytes.NewReader(cut), lzw.LSB, codeSize))
			if err != nil || !bytes.HasPrefix(want, got[:n]) || n < len(std) {
				t.Errorf("code size %d, period %d, cut off: %d pixels, compress/lzw has %d; error %v", codeSize, period, n, len(std), err)
			}
		}
	}
}

// testPixels returns n pixels of the given bits that repeat after a period.
func testPixels(n, period, bits int) []byte {
	pixels := make([]byte, n)
	seed := uint32(7)
	for i := range pixels {
		if i >= period {
			pixels[i] = pixels[i-period]
			continue
		}
		seed = seed*1664525 + 1013904223
		pixels[i] = uint8(seed >> 16 & (1<<bits - 1))
	}
	return pixels
}

func packedPixels(t testing.TB, pixels []byte, codeSize int) []byte {
	var b bytes.Buffer
	if err := pack(&b, pixels, codeSize); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestTableThatStaysFull: codes of 12 bits go on without a clear code when the table is
// full.
func TestTableThatStaysFull(t *testing.T) {
	all := []int{4}
	var want []byte
	for i := range 5000 {
		all, want = append(all, i%4), append(want, byte(i%4))
	}
	// Each code defines another one, up to 4095: codes get wider before they do.
	var out []byte
	acc, have, width, next := 0, 0, 3, 6
	for i, c := range all {
		acc |= c << have
		for have += width; have >= 8; have -= 8 {
			out = append(out, byte(acc))
			acc >>= 8
		}
		if i >= 2 {
			next = min(next+1, 1<<12)
		}
		if next == 1<<width && width < 12 {
			width++
		}
	}
	got := make([]byte, len(want))
	if n, _, err := unpack(got, append(out, byte(acc)), 2); n != len(want) || err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d pixels of %d, error %v", n, len(want), err)
	}
}

func BenchmarkUnpack(b *testing.B) {
	for name, period := range map[string]int{"noise": 1 << 20, "pattern": 100} {
		b.Run(name, func(b *testing.B) {
			pixels := testPixels(1<<20, period, 8)
			packed := packedPixels(b, pixels, 8)
			b.SetBytes(int64(len(pixels)))
			for b.Loop() {
				if _, _, err := unpack(pixels, packed, 8); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
