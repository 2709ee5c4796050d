package imgcmd

import (
	"errors"

	"imgpipe/filters/codec"
)

// hint returns the option that raises the limit which an error is about.
func hint(err error) string {
	var beyond *codec.LimitError
	if !errors.As(err, &beyond) {
		return ""
	}
	return map[codec.Limit]string{
		codec.MaxPixels: "-max-pixels",
		codec.MaxMemory: "-max-memory",
		codec.MaxFrames: "-max-frames",
	}[beyond.Limit]
}
