package procpool

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// rssUnit is the unit of Rusage.Maxrss, in bytes.
const rssUnit = 1

// processAttr makes a filter the leader of a new process group. Darwin has no
// Pdeathsig: when this program is killed, a filter goes on until it reads the end
// of its input.
func processAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// pipeCloseOnExec makes a pipe that no other program inherits.
func pipeCloseOnExec() (r, w int, err error) {
	var p [2]int
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err = syscall.Pipe(p[:]); err != nil {
		return 0, 0, err
	}
	syscall.CloseOnExec(p[0])
	syscall.CloseOnExec(p[1])
	return p[0], p[1], nil
}

// deadChild returns the ID of a child that has ended and has not been waited for: pid,
// or any child if pid is -1. It returns 0 if there is none. The child stays a zombie,
// so its number, and that of its group, are not those of another process.
func deadChild(pid int) int {
	const all, byPID = 0, 1 // P_ALL and P_PID of waitid(2)
	kind, id := byPID, pid
	if pid < 0 {
		kind, id = all, 0
	}
	for {
		var info struct {
			signo, errno, code, pid int32
			_                       [128]byte // more than siginfo_t has
		}
		_, _, err := unix.Syscall6(unix.SYS_WAITID, uintptr(kind), uintptr(id), uintptr(unsafe.Pointer(&info)),
			unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, 0, 0)
		if err != unix.EINTR {
			return int(info.pid)
		}
	}
}
