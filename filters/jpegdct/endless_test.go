package jpegdct

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// maxZeros is more than the pictures of TestEndlessData can need.
const maxZeros = 16 << 20

var errTooMuchRead = errors.New("the reader does not stop")

// zeros returns zero bytes, among which there is no marker. After maxZeros it fails.
type zeros struct{ n int }

func (r *zeros) Read(p []byte) (int, error) {
	if r.n > maxZeros {
		return 0, errTooMuchRead
	}
	clear(p)
	r.n += len(p)
	return len(p), nil
}

// TestEndlessData: endless entropy-coded data are an error before they fill the memory.
func TestEndlessData(t *testing.T) {
	banded, plain := read(t, "testdata/restart-row.jpg"), read(t, "testdata/9x17.jpg")
	for name, in := range map[string][]byte{
		"in a band":            banded[:markers(banded)[0]],
		"in the last band":     banded[:len(banded)-2],
		"after the last block": plain[:len(plain)-2],
	} {
		for _, processors := range []int{1, 4} {
			_, err := onProcessors(processors, func(in []byte) ([]byte, error) {
				r, err := NewReader(io.MultiReader(bytes.NewReader(in), &zeros{}), ReaderOptions{})
				if err != nil {
					return nil, err
				}
				return nil, r.Gray(io.Discard, GrayOptions{})
			}, in)
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s, %d processors: got error %v, want %v", name, processors, err, ErrCorrupt)
			}
		}
	}
}
