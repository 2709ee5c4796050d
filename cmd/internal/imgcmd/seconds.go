package imgcmd

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"imgpipe/filters"
)

// A meter bounds the processor time that an image takes: that of the whole process
// since the image began.
type meter struct {
	limit time.Duration
	begun atomic.Int64 // the process's time when the image began, in ns
	over  atomic.Bool  // nothing more may be written
}

// errSeconds is the error of an image that takes too much processor time.
var errSeconds = errors.New("beyond the limit of processor time")

// run calls work, and returns its error. If work takes too much time, run returns an
// *filters.InputError of errSeconds at once; the process must end then, because work
// goes on.
func (m *meter) run(work func() error) error {
	m.restart()
	done := make(chan error, 1)
	go func() {
		defer func() {
			if cause := recover(); cause != nil {
				done <- fmt.Errorf("panic: %v", cause)
			}
		}()
		done <- work()
	}()
	for left := m.limit; ; {
		// All processors together take no more than that.
		timer := time.NewTimer(max(left/time.Duration(runtime.NumCPU()), time.Millisecond))
		select {
		case err := <-done:
			timer.Stop()
			return err
		case <-timer.C:
		}
		if left = m.limit - (processorTime() - time.Duration(m.begun.Load())); left <= 0 {
			m.over.Store(true)
			return &filters.InputError{Err: fmt.Errorf("%w, %v", errSeconds, m.limit)}
		}
	}
}

// restart begins to count anew, for the next image.
func (m *meter) restart() { m.begun.Store(int64(processorTime())) }

// writer returns a writer to w that writes nothing once the time is over.
func (m *meter) writer(w io.Writer) io.Writer {
	return writerFunc(func(b []byte) (int, error) {
		if m.over.Load() {
			return 0, errSeconds
		}
		return w.Write(b)
	})
}

// perImage returns a reader of r and a writer to w, of a stream of images, that begin to
// count anew at each read and write. Results are written in order, so that an image that
// takes long stops the stream after a few others: the time between two reads or writes is
// about that of one image.
func (m *meter) perImage(r io.Reader, w io.Writer) (io.Reader, io.Writer) {
	w = m.writer(w)
	read := func(b []byte) (int, error) {
		defer m.restart()
		return r.Read(b)
	}
	write := func(b []byte) (int, error) {
		defer m.restart()
		return w.Write(b)
	}
	return readerFunc(read), writerFunc(write)
}

type readerFunc func(b []byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

type writerFunc func(b []byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// processorTime returns what this process has taken so far, user and system.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
