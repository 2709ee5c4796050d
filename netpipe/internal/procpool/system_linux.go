package procpool

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// deadChild returns the ID of a child that has ended and has not been waited for: pid,
// or any child if pid is -1. It returns 0 if there is none. The child stays a zombie,
// so its number, and that of its group, are not those of another process.
func deadChild(pid int) int {
	var info struct {
		signo, errno, code int32
		_                  [0]uintptr // aligns the rest as siginfo_t does
		pid                int32
		_                  [128]byte // more than siginfo_t has
	}
	kind, id := unix.P_PID, pid
	if pid < 0 {
		kind, id = unix.P_ALL, 0
	}
	for {
		err := unix.Waitid(kind, id, (*unix.Siginfo)(unsafe.Pointer(&info)), unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return int(info.pid)
		}
	}
}
