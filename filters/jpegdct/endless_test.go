package jpegdct

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// enough is more than any of TestEndlessData's pictures can need.
const enough = 16 << 20

var errEnough = errors.New("read on and on")

// endless gives bytes that no marker ends, up to enough.
type endless struct{ given int }

func (r *endless) Read(p []byte) (int, error) {
	if r.given > enough {
		return 0, errEnough
	}
	clear(p)
	r.given += len(p)
	return len(p), nil
}

// TestEndlessData: data without an end are refused before they fill the memory.
func TestEndlessData(t *testing.T) {
	banded, plain := read(t, "testdata/restart-row.jpg"), read(t, "testdata/9x17.jpg")
	for name, in := range map[string][]byte{
		"in a band":         banded[:markers(banded)[0]],
		"in the last band":  banded[:len(banded)-2],
		"behind all blocks": plain[:len(plain)-2],
	} {
		for _, processors := range []int{1, 4} {
			_, err := onProcessors(processors, func(in []byte) ([]byte, error) {
				r, err := NewReader(io.MultiReader(bytes.NewReader(in), &endless{}))
				if err != nil {
					return nil, err
				}
				return nil, r.Gray(io.Discard, GrayOptions{})
			}, in)
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s, %d processors: error %v, want one that says corrupt", name, processors, err)
			}
		}
	}
}
