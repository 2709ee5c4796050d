package netpipe

import (
	"os"

	"golang.org/x/sys/unix"
)

// isDrained reports whether all that was written to a pipe has been read.
func isDrained(pipe *os.File) bool {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return false
	}
	var left int
	if err := raw.Control(func(fd uintptr) { left, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }); err != nil {
		return false
	}
	return err == nil && left == 0
}
