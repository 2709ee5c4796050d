package stdio

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// GrowPipe asks the kernel to let the pipe c hold size bytes (F_SETPIPE_SZ in
// fcntl(2)), so that the programs at its two ends wait less for each other. If c
// is not a pipe, or the user's limit of pipe memory is reached, c stays as it is.
func GrowPipe(c syscall.Conn, size int) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, size) })
}
