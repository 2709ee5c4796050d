package netpipe

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

const (
	chunkSize = 64 << 10  // what a pipe holds
	largeSize = 192 << 10 // what a widened one may hold as well

	inMemory  = chunkSize + 5*largeSize // 1 MiB: what a held answer takes of memory before it goes to a file,
	allMemory = 64 << 20                // or more, while all held together are less than this
)

// chunks are the buffers for copying and for answers held in memory, whose second
// chunk and those after it are large.
var (
	chunks      = sync.Pool{New: func() any { return new([chunkSize]byte) }}
	largeChunks = sync.Pool{New: func() any { return new([largeSize]byte) }}
)

var (
	errAnswerTooLarge = &holdError{errors.New("it is larger than -max-answer")}
	errHeldFull       = &holdError{errors.New("all answers together are larger than -max-held")}
)

// A budget bounds what all answers together may hold, in bytes.
type budget struct {
	limit int64 // 0 is none
	used  atomic.Int64
}

func (b *budget) take(n int64) bool {
	if used := b.used.Add(n); b.limit > 0 && used > b.limit {
		b.used.Add(-n)
		return false
	}
	return true
}

func (b *budget) give(n int64) { b.used.Add(-n) }

// A hold keeps an answer until its verdict: the first MiB in memory, or more if
// there is room, the rest in a temporary file that has no name. The file is in $TMPDIR.
type hold struct {
	limit  int64 // of this answer, in bytes; 0 is none
	budget *budget

	size   int64
	memory [][]byte // chunks, each one full but for the last
	inFile int64
	file   *os.File
}

// ReadFrom takes all that r gives. An error that is no *holdError is r's.
func (h *hold) ReadFrom(r io.Reader) (int64, error) {
	start := h.size
	for h.file == nil && (h.size < inMemory || h.budget != nil && h.budget.used.Load() < allMemory) {
		last := h.last()
		n, err := r.Read((*last)[len(*last):cap(*last)])
		*last = (*last)[:len(*last)+n]
		if err := h.grow(n); err != nil {
			return h.size - start, err
		}
		if err != nil {
			return h.size - start, notEOF(err)
		}
	}
	buf := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(buf)
	for {
		n, err := r.Read(buf[:])
		if err := h.spill(buf[:n]); err != nil {
			return h.size - start, err
		}
		if err != nil {
			return h.size - start, notEOF(err)
		}
	}
}

// notEOF is err, or nil for the end that a reader is expected to have.
func notEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// last is the chunk with room in it.
func (h *hold) last() *[]byte {
	n := len(h.memory)
	switch {
	case n == 0:
		h.memory = append(h.memory, chunks.Get().(*[chunkSize]byte)[:0])
	case len(h.memory[n-1]) == cap(h.memory[n-1]):
		h.memory = append(h.memory, largeChunks.Get().(*[largeSize]byte)[:0])
	}
	return &h.memory[len(h.memory)-1]
}

// grow counts n bytes more.
func (h *hold) grow(n int) error {
	if h.limit > 0 && h.size+int64(n) > h.limit {
		return errAnswerTooLarge
	}
	if h.budget != nil && !h.budget.take(int64(n)) {
		return errHeldFull
	}
	h.size += int64(n)
	return nil
}

// spill appends b to the file.
func (h *hold) spill(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if err := h.grow(len(b)); err != nil {
		return err
	}
	if h.file == nil {
		f, err := os.CreateTemp("", "netpipe-*")
		if err != nil {
			return &holdError{err}
		}
		h.file = f
		if err := os.Remove(f.Name()); err != nil {
			return &holdError{err}
		}
	}
	h.inFile += int64(len(b))
	if _, err := h.file.Write(b); err != nil {
		return &holdError{err}
	}
	return nil
}

// start is the answer's first bytes, up to 64 KiB.
func (h *hold) start() []byte {
	if len(h.memory) == 0 {
		return nil
	}
	return h.memory[0]
}

// WriteTo writes all that is held.
func (h *hold) WriteTo(w io.Writer) (written int64, err error) {
	for _, c := range h.memory {
		n, err := w.Write(c)
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
	if h.file == nil {
		return written, nil
	}
	if _, err := h.file.Seek(0, io.SeekStart); err != nil {
		return written, &holdError{err}
	}
	// Not io.Copy, which hides the file from a socket that could send it whole.
	if socket, ok := w.(*patient); ok {
		n, err := socket.ReadFrom(h.file)
		return written + n, err
	}
	n, err := io.Copy(w, h.file)
	return written + n, err
}

// release frees what is held. The hold is empty again.
func (h *hold) release() {
	if h.budget != nil {
		h.budget.give(h.size)
	}
	for i, c := range h.memory {
		if i == 0 {
			chunks.Put((*[chunkSize]byte)(c[:chunkSize]))
		} else {
			largeChunks.Put((*[largeSize]byte)(c[:largeSize]))
		}
	}
	if h.file != nil {
		h.file.Close()
	}
	*h = hold{limit: h.limit, budget: h.budget}
}

// A holdError says why an answer can't be held: it is errAnswerTooLarge,
// errHeldFull, or what became of the temporary file.
type holdError struct{ err error }

func (e *holdError) Error() string { return fmt.Sprintf("hold the answer: %v", e.err) }
func (e *holdError) Unwrap() error { return e.err }
