package codec

import "fmt"

// Defaults of Limits.
const (
	DefaultMaxPixels = 16383 * 16383 // the largest square that WebP can hold
	DefaultMaxMemory = 1 << 30       // 1 GiB
	DefaultMaxFrames = 10000         // more than animations and scanned books have
)

// Limits bound what a picture may cost. They hold for what is read and for what
// is made of it, and are checked before memory of that size is allocated. The
// zero value means the defaults.
type Limits struct {
	Pixels int64 // of all frames together; 0 means DefaultMaxPixels
	Memory int64 // in bytes, about; the encoded picture may take as much again; 0 means DefaultMaxMemory
	Frames int   // or pages; even a small one costs time; 0 means DefaultMaxFrames
}

// A Limit names one of the Limits.
type Limit int

// The limits.
const (
	MaxPixels Limit = iota + 1
	MaxMemory
	MaxFrames
)

// A LimitError says that a picture is beyond one of its Limits.
type LimitError struct {
	Limit Limit
	text  string
}

func (e *LimitError) Error() string { return e.text }

func beyond(limit Limit, format string, args ...any) error {
	return &LimitError{limit, fmt.Sprintf(format, args...)}
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

func (l Limits) frames() int {
	if l.Frames == 0 {
		return DefaultMaxFrames
	}
	return l.Frames
}

// maxRows is how many rows an image may have. A row costs time however short it is, and
// a small compressed file can hold hundreds of millions of rows.
const maxRows = 1 << 22

// CheckSize refuses n frames of w x h pixels if a side is 0, or if they have
// more pixels than the limit. It refuses more than maxRows rows as unsupported.
func (l Limits) CheckSize(w, h, n int) error {
	if w <= 0 || h <= 0 {
		return fmt.Errorf("an image of %d x %d pixels has a side of 0", w, h)
	}
	if h > maxRows {
		return &kindError{fmt.Errorf("%d rows are more than the %d that are processed", h, maxRows), ErrUnsupported}
	}
	if int64(w) > l.pixels()/int64(h)/int64(n) {
		frames := ""
		if n > 1 {
			frames = fmt.Sprintf(" in %d frames", n)
		}
		return beyond(MaxPixels, "%d x %d pixels%s are more than the limit of %d", w, h, frames, l.pixels())
	}
	return nil
}

// CheckFrames refuses n frames or pages if they are more than the limit.
func (l Limits) CheckFrames(n int) error {
	if n > l.frames() {
		return beyond(MaxFrames, "more than the limit of %d frames", l.frames())
	}
	return nil
}

// CheckMemory refuses what needs more bytes than the limit.
func (l Limits) CheckMemory(bytes int64) error {
	if bytes > l.memory() {
		return beyond(MaxMemory, "%d MiB would be needed, more than the limit of %d", (bytes+1<<20-1)>>20, l.memory()>>20)
	}
	return nil
}

// checkImage is CheckSize and CheckMemory for n frames that take size bytes a
// pixel.
func (l Limits) checkImage(w, h, n, size int) error {
	if err := l.CheckSize(w, h, n); err != nil {
		return err
	}
	return l.CheckMemory(int64(w) * int64(h) * int64(n) * int64(size))
}

// tooLong is the error of a file that is too long to be held.
func (l Limits) tooLong(name Format) error {
	return beyond(MaxMemory, "%s of more than %d bytes", name, l.memory())
}
