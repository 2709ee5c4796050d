package imgcmd

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/hashicorp/go-multierror"

	"imgpipe/cmd/internal/app"
	"imgpipe/filters"
	"imgpipe/filters/codec"
)

// TestHints: the line for a limit's error ends with the option that raises the limit.
func TestHints(t *testing.T) {
	const image = "P5 100 100 255\n"
	animation := "GIF89a\x01\x00\x01\x00\x00\x00\x00" + strings.Repeat(",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00", 3) + ";"
	for _, c := range []struct {
		in     string
		limits codec.Limits
		want   string
	}{
		{image, codec.Limits{Pixels: 9999}, "100 x 100 pixels are more than the limit of 9999 (-max-pixels)"},
		{image, codec.Limits{Memory: 9999}, "1 MiB would be needed, more than the limit of 0 (-max-memory)"},
		{animation, codec.Limits{Frames: 2}, "more than the limit of 2 frames (-max-frames)"},
		{"text", codec.Limits{}, codec.ErrFormat.Error()},
	} {
		o := filters.Options{Limits: c.limits}
		p := app.Program{Hint: hint}
		got := p.Line(filters.Run(io.Discard, strings.NewReader(c.in), filters.Gray{}, o))
		if want := "input: " + c.want; got != want {
			t.Errorf("one image: %s, want %s", got, want)
		}
		var all *multierror.Error
		if err := filters.RunStream(io.Discard, strings.NewReader(c.in), filters.Gray{}, o, 1); !errors.As(err, &all) {
			t.Fatalf("a stream: %v, want a *multierror.Error", err)
		}
		if got, want := p.Line(all.Errors[0]), "image 1: input: "+c.want; got != want {
			t.Errorf("a stream: %s, want %s", got, want)
		}
	}
}
