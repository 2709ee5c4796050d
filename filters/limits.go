package filters

import (
	"errors"
	"fmt"
)

// DefaultMaxPixels is 16383², the largest square that WebP can hold.
const DefaultMaxPixels = 16383 * 16383

// DefaultMaxMemory is 1 GiB.
const DefaultMaxMemory = 1 << 30

// DefaultMaxFrames is more than what animations and scanned books have.
const DefaultMaxFrames = 10000

// errLimit marks an error that says which limit a picture is beyond.
var errLimit = errors.New("beyond a limit")

type limitError string

func (e limitError) Error() string        { return string(e) }
func (e limitError) Is(target error) bool { return target == errLimit }

func beyond(format string, args ...any) error { return limitError(fmt.Sprintf(format, args...)) }

// Limits bound what a picture may cost. They hold for what is read and for
// what is made, and are checked before anything of that size is allocated.
type Limits struct {
	Pixels int64 // of all frames together; 0: DefaultMaxPixels
	Memory int64 // bytes, about; of the encoded image, as many again; 0: DefaultMaxMemory
	Frames int   // or pages, each of which costs time whatever its size; 0: DefaultMaxFrames
}

func (l Limits) pixels() int64 {
	if l.Pixels == 0 {
		return DefaultMaxPixels
	}
	return l.Pixels
}

func (l Limits) memory() int64 {
	if l.Memory == 0 {
		return DefaultMaxMemory
	}
	return l.Memory
}

// check refuses a picture of n frames of w x h pixels that has no pixels or too
// many.
func (l Limits) check(w, h, n int) error {
	if w <= 0 || h <= 0 {
		return fmt.Errorf("an image of %d x %d pixels has nothing in it", w, h)
	}
	if int64(w) > l.pixels()/int64(h)/int64(n) {
		frames := ""
		if n > 1 {
			frames = fmt.Sprintf(" in %d frames", n)
		}
		return beyond("%d x %d pixels%s are more than the limit of %d (-max-pixels)", w, h, frames, l.pixels())
	}
	return nil
}

// checkFrames refuses n frames or pages that are too many.
func (l Limits) checkFrames(n int) error {
	most := l.Frames
	if most == 0 {
		most = DefaultMaxFrames
	}
	if n > most {
		return beyond("more than the limit of %d frames (-max-frames)", most)
	}
	return nil
}

// allow refuses what takes more bytes than there may be.
func (l Limits) allow(bytes int64) error {
	if most := l.memory(); bytes > most {
		return beyond("%d MiB would be needed, more than the limit of %d (-max-memory)", (bytes+1<<20-1)>>20, most>>20)
	}
	return nil
}

// admit is check and allow for n frames that take size bytes a pixel.
func (l Limits) admit(w, h, n, size int) error {
	if err := l.check(w, h, n); err != nil {
		return err
	}
	return l.allow(int64(w) * int64(h) * int64(n) * int64(size))
}
