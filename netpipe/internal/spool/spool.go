// Package spool holds answers, in memory and then in temporary files, until they
// may be sent.
package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"sync"
	"syscall"

	"imgpipe/netpipe/internal/fdio"
)

const (
	firstSize = fdio.ChunkSize // of a spool's first buffer, in bytes
	nextSize  = 192 << 10      // of those after it: what a grown pipe may hold in addition

	// A spool takes ownMemory (1 MiB) before it goes to a file, and more as long
	// as all spools of a Budget together hold less than sharedMemory.
	ownMemory    = firstSize + 5*nextSize
	sharedMemory = 64 << 20
)

var nextBuffers = sync.Pool{New: func() any { return new([nextSize]byte) }}

// Errors of ReadFrom, as the cause of an *Error.
var (
	ErrTooLarge = errors.New("the answer is larger than allowed for one answer")
	ErrFull     = errors.New("all held answers together are larger than allowed")
	ErrShare    = errors.New("the held answers of one address are larger than its share")
)

// An Error says why an answer cannot be held: ErrTooLarge, ErrFull, ErrShare, or what
// became of the temporary file.
type Error struct{ Err error }

func (e *Error) Error() string { return fmt.Sprintf("hold the answer: %v", e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// A Spool holds one answer. Its start is in memory, the rest in a temporary file
// in $TMPDIR that has no name any more. Release frees both.
type Spool struct {
	Limit  int64   // of this answer, in bytes; 0 means no limit
	Budget *Budget // shared with other spools; nil means none
	Owner  any     // for Budget: whose answer this is; comparable

	size    int64
	buffers [][]byte // each one full but for the last
	file    *os.File
}

// Size returns the number of bytes held.
func (s *Spool) Size() int64 { return s.size }

// Start returns the answer's first bytes, at most 64 KiB.
func (s *Spool) Start() []byte {
	if len(s.buffers) == 0 {
		return nil
	}
	return s.buffers[0]
}

// ReadFrom holds all that r gives, up to its end. An error that is not an *Error is
// r's.
func (s *Spool) ReadFrom(r io.Reader) (int64, error) {
	start := s.size
	for s.file == nil && (s.size < ownMemory || s.Budget != nil && s.Budget.hasSharedMemory()) {
		last := s.lastBuffer()
		n, err := r.Read((*last)[len(*last):cap(*last)])
		*last = (*last)[:len(*last)+n]
		if err := s.grow(n); err != nil {
			return s.size - start, err
		}
		if err != nil {
			return s.size - start, notEOF(err)
		}
	}
	if s.file != nil { // which WriteTo may have read
		if _, err := s.file.Seek(0, io.SeekEnd); err != nil {
			return s.size - start, &Error{err}
		}
	}
	buf := fdio.GetChunk()
	defer fdio.PutChunk(buf)
	for {
		n, err := r.Read(buf[:])
		if err := s.writeFile(buf[:n]); err != nil {
			return s.size - start, err
		}
		if err != nil {
			return s.size - start, notEOF(err)
		}
	}
}

// notEOF returns err, or nil for io.EOF.
func notEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// lastBuffer returns the buffer that has room.
func (s *Spool) lastBuffer() *[]byte {
	n := len(s.buffers)
	switch {
	case n == 0:
		s.buffers = append(s.buffers, fdio.GetChunk()[:0])
	case len(s.buffers[n-1]) == cap(s.buffers[n-1]):
		s.buffers = append(s.buffers, nextBuffers.Get().(*[nextSize]byte)[:0])
	}
	return &s.buffers[len(s.buffers)-1]
}

// grow counts n more bytes.
func (s *Spool) grow(n int) error {
	if s.Limit > 0 && s.size+int64(n) > s.Limit {
		return &Error{ErrTooLarge}
	}
	if s.Budget != nil {
		if err := s.Budget.Reserve(s.Owner, int64(n)); err != nil {
			return &Error{err}
		}
	}
	s.size += int64(n)
	return nil
}

// writeFile appends b to the file.
func (s *Spool) writeFile(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if err := s.grow(len(b)); err != nil {
		return err
	}
	if s.file == nil {
		var err error
		if s.file, err = createTemp(); err != nil {
			return &Error{err}
		}
	}
	if _, err := s.file.Write(b); err != nil {
		return &Error{err}
	}
	return nil
}

// createTemp creates a temporary file, and removes its name.
func createTemp() (*os.File, error) {
	f, err := os.CreateTemp("", "netpipe-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Check returns an error if no temporary file can be created, which a large answer needs.
func Check() error {
	f, err := createTemp()
	if err != nil {
		return fmt.Errorf("temporary directory: %w", err)
	}
	return f.Close()
}

// WriteTo writes all that is held. An *Error is that of reading the file; any other
// error is w's.
func (s *Spool) WriteTo(w io.Writer) (written int64, err error) {
	for _, b := range s.buffers {
		n, err := w.Write(b)
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
	if s.file == nil {
		return written, nil
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return written, &Error{err}
	}
	// Not io.Copy of the file: (*os.File).WriteTo would hide the file from a w that has the
	// kernel send it, and give errors of w the name of the file.
	var n int64
	if from, ok := w.(io.ReaderFrom); ok {
		n, err = from.ReadFrom(s.file)
	} else {
		n, err = io.Copy(w, struct{ io.Reader }{s.file})
	}
	if s.isOfFile(err) {
		err = &Error{err}
	}
	return written + n, err
}

// isOfFile reports whether an error of copying the file is that of reading it. EIO of
// sendfile(2) means that, too.
func (s *Spool) isOfFile(err error) bool {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Path == s.file.Name()
	}
	call := (*os.SyscallError)(nil)
	return errors.As(err, &call) && call.Syscall == "sendfile" && call.Err == syscall.EIO
}

// NewReader returns a reader of all that is held. Several may be in use at once, but not
// together with WriteTo, and none after Release.
func (s *Spool) NewReader() io.Reader {
	var parts []io.Reader
	for _, b := range s.buffers {
		parts = append(parts, bytes.NewReader(b))
	}
	if s.file != nil {
		parts = append(parts, io.NewSectionReader(s.file, 0, math.MaxInt64))
	}
	return series{io.MultiReader(parts...), parts}
}

// A series reads parts one after the other.
type series struct {
	io.Reader
	parts []io.Reader
}

// WriteTo writes what is left of the parts. That of io.MultiReader allocates a buffer, also if
// all parts are in memory.
func (s series) WriteTo(w io.Writer) (written int64, err error) {
	for _, part := range s.parts {
		n, err := io.Copy(w, part)
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// Release frees what is held and leaves the spool empty. The slices that Start has
// returned must not be used any more.
func (s *Spool) Release() {
	if s.Budget != nil {
		s.Budget.Release(s.Owner, s.size)
	}
	for i, b := range s.buffers {
		if i == 0 {
			fdio.PutChunk((*fdio.Chunk)(b[:firstSize]))
		} else {
			nextBuffers.Put((*[nextSize]byte)(b[:nextSize]))
		}
	}
	if s.file != nil {
		s.file.Close()
	}
	*s = Spool{Limit: s.Limit, Budget: s.Budget, Owner: s.Owner}
}
