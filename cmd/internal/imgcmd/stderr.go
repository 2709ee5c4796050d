package imgcmd

import (
	"os"
	"sync"
	"syscall"
)

// A stderr collects what a worker prints.
type stderr struct {
	file  *os.File
	raw   syscall.RawConn
	ended chan struct{} // closed at the end of file

	mu   sync.Mutex
	text []byte // since the last take; at most maxStderr bytes
	over bool   // file has ended
}

const maxStderr = 64 << 10

// readStderr reads a pipe to its end.
func readStderr(file *os.File) *stderr {
	s := &stderr{file: file, ended: make(chan struct{})}
	s.raw, _ = file.SyscallConn() // file is open
	go func() {
		defer close(s.ended)
		_ = s.raw.Read(s.fill) // waits while fill returns false
	}()
	return s
}

// take returns what the worker has printed since the last take: also what is still in the
// pipe.
func (s *stderr) take() string {
	_ = s.raw.Control(func(fd uintptr) { s.fill(fd) })
	s.mu.Lock()
	defer s.mu.Unlock()
	text := string(s.text)
	s.text = nil
	return text
}

// fill reads what is in the pipe, which does not block. It tells whether the pipe has
// ended.
func (s *stderr) fill(fd uintptr) (over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b [4096]byte
	for !s.over {
		n, err := syscall.Read(int(fd), b[:])
		switch {
		case n > 0:
			s.text = append(s.text, b[:min(n, maxStderr-len(s.text))]...)
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return false
		default:
			s.over = true
		}
	}
	return true
}
