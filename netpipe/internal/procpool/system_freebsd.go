package procpool

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// deadChild returns the ID of a child that has ended and has not been waited for: pid,
// or any child if pid is -1. It returns 0 if there is none. The child stays a zombie,
// so its number, and that of its group, are not those of another process.
func deadChild(pid int) int {
	const byPID, all = 0, 7 // P_PID and P_ALL of wait6(2)
	kind, id := byPID, pid
	if pid < 0 {
		kind, id = all, 0
	}
	for {
		var status int32
		dead, _, err := unix.Syscall6(unix.SYS_WAIT6, uintptr(kind), uintptr(id), uintptr(unsafe.Pointer(&status)),
			unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, 0, 0)
		switch err {
		case 0:
			return int(dead)
		case unix.EINTR:
		default:
			return 0
		}
	}
}
