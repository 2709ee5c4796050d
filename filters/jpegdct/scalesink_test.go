package jpegdct

import (
	"bytes"
	"errors"
	"io"
	"testing"
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
