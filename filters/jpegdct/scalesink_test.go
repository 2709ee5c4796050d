package jpegdct

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// A fillingWriter fails after left bytes.
type fillingWriter struct{ left int }

var errFull = errors.New("full")

func (f *fillingWriter) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// TestEncoderEnds: when the encoder has a goroutine of its own, Scale ends with the
// right error, no matter if the input or the output fails. TestMain checks that the
// goroutine has ended.
func TestEncoderEnds(t *testing.T) {
	for _, height := range []int{1024, 1040, 1600} {
		p := &Planes{Width: 1024, Height: height, ColorSpace: Gray}
		p.Planes = []Plane{{Width: 1024, Height: height, Stride: 1024, Pix: make([]byte, 1024*height), H: 1, V: 1}}
		for i := range p.Planes[0].Pix {
			p.Planes[0].Pix[i] = byte(i * i >> 7)
		}
		in, err := encoded(p, EncodeOptions{Quality: 90})
		if err != nil {
			t.Fatal(err)
		}
		scale := func(in []byte, w io.Writer) error {
			r, err := NewReader(bytes.NewReader(in), ReaderOptions{})
			if err != nil {
				return err
			}
			return r.Scale(w, ScaleOptions{Denominator: 2})
		}
		if err := scale(in, io.Discard); err != nil {
			t.Errorf("height %d: %v", height, err)
		}
		for _, part := range []int{4, 40, 90, 99} {
			if err := scale(in[:len(in)*part/100], io.Discard); !errors.Is(err, ErrTruncated) {
				t.Errorf("height %d, %d %% of the input: error %v, want %v", height, part, err, ErrTruncated)
			}
		}
		for _, left := range []int{0, 1 << 16, 1 << 17} {
			if err := scale(in, &fillingWriter{left}); !errors.Is(err, errFull) {
				t.Errorf("height %d, the output fails after %d bytes: error %v, want %v", height, left, err, errFull)
			}
		}
	}
}

// TestScaleIsAllowed: Scale asks before it takes memory. If Allow refuses all memory, its
// error is returned, and nothing is written. If it refuses only the memory for more than
// one strip, the output is the same.
func TestScaleIsAllowed(t *testing.T) {
	for _, name := range []string{"restart-row.jpg", "noise"} {
		in := noise(t, 1024, 1024)
		if name != "noise" {
			in = read(t, "testdata/"+name)
		}
		for _, n := range []int{2, 4, 8} {
			scale := func(allow func(int64) error) ([]byte, error) {
				return transform(in, func(r *Reader, w io.Writer) error {
					return r.Scale(w, ScaleOptions{Denominator: n, Allow: allow})
				})
			}
			want, err := scale(nil)
			if err != nil {
				t.Fatal(err)
			}
			least := int64(0)
			got, err := scale(func(bytes int64) error {
				if least == 0 {
					least = bytes
				}
				if bytes > least {
					return errTooMuch
				}
				return nil
			})
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s by 1/%d with %d bytes: error %v, or another output", name, n, least, err)
			}
			if got, err := scale(func(int64) error { return errTooMuch }); !errors.Is(err, errTooMuch) || len(got) > 0 {
				t.Errorf("%s by 1/%d without memory: %d bytes and error %v, want none and %v", name, n, len(got), err, errTooMuch)
			}
		}
	}
}

// TestStripBytes: a strip of noise, all blocks of which are taken whole, is not larger than
// Scale asks for.
func TestStripBytes(t *testing.T) {
	for _, n := range []int{2, 4} {
		r, err := NewReader(bytes.NewReader(noise(t, 1000, 64)), ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		s := newScaler(r, io.Discard, ScaleOptions{Denominator: n})
		to := s.beginScan(r.firstScan.comps, false)
		values, skips := s.tables(&r.firstScan, to)
		k := scaleSink{scaleReader: s.newScaleReader(&r.firstScan, to, values, skips)}
		k.strip = to.newStrip()
		if err := r.firstScan.decode(newEntropyReader(&r.src, r.bufferSize()/2), &k); err != nil {
			t.Fatal(err)
		}
		p := &k.strip.planes[0] // cleared, but its slices keep their capacity
		size := len(p.tiles)*int(unsafe.Sizeof(tile{})) + len(p.whole)*4<<10 + cap(p.whole)*24 + cap(p.at)
		if most := int(s.stripBytes()); size > most || size < most/3 {
			t.Errorf("1/%d: a strip has %d bytes, want at most %d, and a third of it", n, size, most)
		}
	}
}

// noise returns a gray JPEG of random samples.
func noise(t *testing.T, width, height int) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(5, 6))
	c := Plane{Width: width, Height: height, Stride: width, Pix: make([]byte, width*height), H: 1, V: 1}
	for i := range c.Pix {
		c.Pix[i] = byte(random.IntN(256))
	}
	data, err := encoded(&Planes{Width: width, Height: height, ColorSpace: Gray, Planes: []Plane{c}}, EncodeOptions{Quality: 98})
	if err != nil {
		t.Fatal(err)
	}
	return data
}
