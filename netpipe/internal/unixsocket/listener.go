// Package unixsocket listens on unix sockets, whose files it makes and removes.
package unixsocket

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Listener removes its socket's file when it is closed, unless the name has become
// that of another file: of a server that was started meanwhile, for example.
type Listener struct {
	*net.UnixListener
	path   string
	file   fs.FileInfo // nil: there is none to remove
	remove sync.Once
}

// Listen listens on a unix socket. A socket that no process listens on any more is
// replaced; any other file is an error. A mode other than 0 says who may connect.
func Listen(path string, mode fs.FileMode) (*Listener, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		// The file never has more permissions than mode: it is made with those of the
		// descriptor, without those of the umask. Only Linux does that.
		return raw.Control(func(fd uintptr) {
			if mode != 0 {
				_ = unix.Fchmod(int(fd), uint32(mode.Perm()))
			}
		})
	}}
	unlock := lockDirectory(filepath.Dir(path))
	defer unlock()
	if err := removeStale(path); err != nil {
		return nil, err
	}
	l, err := config.Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, err
	}
	u := &Listener{UnixListener: l.(*net.UnixListener), path: path}
	u.SetUnlinkOnClose(false)
	if strings.HasPrefix(path, "@") { // an abstract socket has no file
		return u, nil
	}
	if u.file, err = os.Lstat(path); err == nil && mode != 0 {
		err = os.Chmod(path, mode.Perm())
	}
	if err != nil {
		u.Close()
		return nil, err
	}
	return u, nil
}

// lockDirectory lets one server at a time replace sockets in a directory: else two could
// find the same stale socket, and one remove the new socket of the other. Without the
// right to open the directory there is no lock.
func lockDirectory(name string) (unlock func()) {
	dir, err := os.Open(name)
	if err != nil {
		return func() {}
	}
	_ = unix.Flock(int(dir.Fd()), unix.LOCK_EX)
	return func() { dir.Close() }
}

// removeStale removes a socket that no process listens on.
func removeStale(path string) error {
	if file, err := os.Lstat(path); err == nil && file.Mode().Type() != fs.ModeSocket {
		return ErrNotSocket
	}
	old, err := net.Dial("unix", path)
	if err == nil {
		old.Close()
		return syscall.EADDRINUSE
	}
	if errors.Is(err, syscall.ECONNREFUSED) && !strings.HasPrefix(path, "@") {
		return os.Remove(path)
	}
	return nil // there is no file, or Listen says what is wrong
}

// ErrNotSocket is the error of a unix socket whose path is that of another kind of file.
var ErrNotSocket = errors.New("the file exists, and is no socket")

// Check returns ErrNotSocket for a path to connect to. That there is no file is no error: a
// server may be about to start.
func Check(path string) error {
	if file, err := os.Stat(path); err == nil && file.Mode().Type() != fs.ModeSocket {
		return ErrNotSocket
	}
	return nil
}

// Close closes the listener and removes its file.
func (u *Listener) Close() error {
	u.remove.Do(func() {
		if now, err := os.Lstat(u.path); err == nil && u.file != nil && os.SameFile(now, u.file) {
			os.Remove(u.path)
		}
	})
	return u.UnixListener.Close()
}
