package filters

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
)

// TestErrorsSayWhichSide: errors are the same whether a JPEG is processed as
// coefficients or as pixels.
func TestErrorsSayWhichSide(t *testing.T) {
	broken := errors.New("broken")
	photo := imagetest.Input(t, "photo420.jpg")
	lossless := bytes.Replace(photo, []byte("\xff\xc0"), []byte("\xff\xc3"), 1)
	limits := Options{Limits: codec.Limits{Pixels: 100}}
	var input *InputError
	var output *OutputError
	for _, f := range []Filter{Gray{}, Scale{}, Scale{Kernel: "lanczos"}} {
		for name, c := range map[string]struct {
			in   io.Reader
			out  io.Writer
			o    Options
			side any
			kind error
		}{
			"truncated":     {bytes.NewReader(photo[:len(photo)/2]), io.Discard, Options{}, &input, codec.ErrTruncated},
			"unsupported":   {bytes.NewReader(lossless), io.Discard, Options{}, &input, codec.ErrUnsupported},
			"a broken read": {io.MultiReader(bytes.NewReader(photo[:len(photo)/2]), iotest.ErrReader(broken)), io.Discard, Options{}, &input, broken},
			"a full disk":   {bytes.NewReader(photo), new(fullDisk), Options{}, &output, errFull},
			"text":          {strings.NewReader("text"), io.Discard, Options{}, &input, codec.ErrFormat},
		} {
			err := Run(c.out, c.in, f, c.o)
			if !errors.As(err, c.side) || !errors.Is(err, c.kind) {
				t.Errorf("%s, %+v: error %v, want a %T of %v", name, f, err, c.side, c.kind)
			}
		}
		var beyond *codec.LimitError
		if err := Run(io.Discard, bytes.NewReader(photo), f, limits); !errors.As(err, &input) || !errors.As(err, &beyond) || beyond.Limit != codec.MaxPixels {
			t.Errorf("%+v: error %v, want a LimitError of MaxPixels", f, err)
		}
	}
}
