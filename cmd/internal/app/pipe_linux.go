package app

import (
	"os"

	"golang.org/x/sys/unix"
)

// pipeSize is what an unprivileged process may give a pipe
// (/proc/sys/fs/pipe-max-size).
const pipeSize = 1 << 20

// widen makes room in the pipe that f may be, so that the programs at its two
// ends wait less for each other. Where it can't be, it is as wide as it was.
func widen(f *os.File) {
	_, _ = unix.FcntlInt(f.Fd(), unix.F_SETPIPE_SZ, pipeSize)
}
