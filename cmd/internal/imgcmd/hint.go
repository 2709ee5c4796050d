package imgcmd

import (
	"errors"

	"imgpipe/filters/codec"
	"imgpipe/netpipe/worker"
)

// memoryHint is the hint of an image that takes too much memory.
const memoryHint = "-max-memory"

// hint returns the option that raises the limit which an error is about, explains the
// option -worker, or asks for the program that writes the input.
func hint(err error) string {
	if errors.Is(err, worker.ErrProtocol) {
		return "-worker is for netpipe -reuse"
	}
	if errors.Is(err, errSeconds) {
		return "-max-seconds"
	}
	if named := new(namedError); errors.As(err, &named) && named.isCutOff() {
		return writerFailed
	}
	var beyond *codec.LimitError
	if !errors.As(err, &beyond) {
		return ""
	}
	return map[codec.Limit]string{
		codec.MaxPixels: "-max-pixels",
		codec.MaxMemory: memoryHint,
		codec.MaxFrames: "-max-frames",
	}[beyond.Limit]
}
