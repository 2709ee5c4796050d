package netpipe

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

	"imgpipe/netpipe/internal/hop"
)

// A unixListener removes its socket's file when it is closed, unless the name has become
// that of another file: of a server that was started meanwhile, for example.
type unixListener struct {
	*net.UnixListener
	path   string
	file   fs.FileInfo // nil: there is none to remove
	remove sync.Once
}

// listenUnix listens on a unix socket. A socket that no process listens on any more is
// replaced; any other file is an error. A mode other than 0 says who may connect.
func listenUnix(path string, mode fs.FileMode) (*unixListener, error) {
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
	u := &unixListener{UnixListener: l.(*net.UnixListener), path: path}
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
		return hop.ErrNotSocket
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

// Close closes the listener and removes its file.
func (u *unixListener) Close() error {
	u.remove.Do(func() {
		if now, err := os.Lstat(u.path); err == nil && u.file != nil && os.SameFile(now, u.file) {
			os.Remove(u.path)
		}
	})
	return u.UnixListener.Close()
}
