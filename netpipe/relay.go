package netpipe

import (
	"io"

	"imgpipe/netpipe/internal/fdio"
)

// relay copies from r to w up to r's end. A *writeError is w's error; any other is r's.
func relay(w io.Writer, r io.Reader) (written int64, err error) {
	buf := fdio.GetChunk()
	defer fdio.PutChunk(buf)
	for {
		n, err := r.Read(buf[:])
		if n > 0 {
			put, err := w.Write(buf[:n])
			written += int64(put)
			if err != nil {
				return written, &writeError{err}
			}
		}
		if err != nil {
			return written, notEOF(err)
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

// A writeError is an error of relay's writer.
type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }
