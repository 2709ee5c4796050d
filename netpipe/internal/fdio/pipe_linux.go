package fdio

import (
	"os"

	"golang.org/x/sys/unix"
)

// IsDrained reports whether all that was written to a pipe has been read. It is
// false where that cannot be told.
func IsDrained(pipe *os.File) bool {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return false
	}
	var left int
	if closed := raw.Control(func(fd uintptr) { left, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }); closed != nil {
		return false
	}
	return err == nil && left == 0
}
