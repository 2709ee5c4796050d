package pngrow

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"testing"
)

// grayPixels makes n bytes of RGB pixels that are gray: runs, and single ones.
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

// TestPixelWriterWritesDeflate has the standard library read what comes of
// segments of all sorts of lengths, so that Flush comes at every bit of a byte.
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
			t.Fatalf("round %d: %d bytes come back, error %v; want %d, the same", round, len(got), err, len(want))
		}
	}
}

// TestPixelsAreFound compares with matches of four bytes and more alone.
func TestPixelsAreFound(t *testing.T) {
	data := grayPixels(rand.New(rand.NewPCG(3, 4)), segmentSize)
	s := segment{data: data, rgb: true}
	s.deflate(true)
	pixels := s.packed.Len()
	s.rgb = false
	s.deflate(true)
	if matches := s.packed.Len(); pixels > matches*9/10 {
		t.Errorf("%d bytes with single pixels, %d without; want a tenth less", pixels, matches)
	}
}
