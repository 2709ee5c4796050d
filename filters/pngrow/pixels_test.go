package pngrow

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"testing"
)

// grayPixels returns n bytes of gray RGB pixels: runs and single pixels.
func grayPixels(r *rand.Rand, n int) []byte {
	var out []byte
	for len(out) < n {
		v, length := byte(r.IntN(120)*2), 1
		if r.IntN(20) == 0 {
			length = r.IntN(400)
		}
		for range 3 * length {
			out = append(out, v)
		}
	}
	return out[:n]
}

// TestPixelWriterWritesDeflate reads segments of many lengths with compress/flate.
// So Flush is tested at every bit position within a byte.
func TestPixelWriterWritesDeflate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	z := newPixelWriter()
	for round := range 60 {
		var want, packed []byte
		for range 1 + r.IntN(8) {
			data := grayPixels(r, r.IntN(1<<(1+r.IntN(17))))
			if round%4 == 0 { // nothing repeats
				for i := range data {
					data[i] = byte(r.Uint32())
				}
			}
			var b bytes.Buffer
			z.ResetDict(&b, want[max(0, len(want)-windowSize):])
			z.Write(data)
			if err := z.Flush(); err != nil {
				t.Fatal(err)
			}
			want, packed = append(want, data...), append(packed, b.Bytes()...)
		}
		var last bytes.Buffer
		z.Reset(&last)
		z.Close()
		got, err := io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(packed), &last)))
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("round %d: got %d bytes and error %v, want the %d bytes written", round, len(got), err, len(want))
		}
	}
}

// TestPixelsAreFound checks that matches of three bytes save a tenth.
func TestPixelsAreFound(t *testing.T) {
	data := grayPixels(rand.New(rand.NewPCG(3, 4)), segmentSize)
	s := segment{data: data, rgb: true}
	s.deflate(true)
	pixels := s.compressed.Len()
	s.rgb = false
	s.deflate(true)
	if matches := s.compressed.Len(); pixels > matches*9/10 {
		t.Errorf("got %d bytes with matches of three bytes, %d without; want at least a tenth less", pixels, matches)
	}
}
