//go:build amd64 || arm64

package sandbox

import (
	"slices"

	"golang.org/x/sys/unix"
)

const (
	// firstNew is the first system call number of Linux 5.1. From here on a system
	// call has the same number on all architectures. Go does not depend on these
	// calls, because it runs on Linux 3.2.
	firstNew = 424
	// System calls from this number on are never allowed. The calls of amd64's x32
	// ABI are among them.
	numbers = 512
)

// A policy lists the system calls that a process may still make. All others are denied,
// also those that later kernels add. The list is generous with calls that affect only
// the process itself, so that later versions of Go find what they need.
type policy struct {
	allowed    []uint16
	conditions []condition
}

// A condition allows a system call if all of its checks hold.
type condition struct {
	nr     uint16 // of the system call
	checks []check
}

// A check looks at the low or the high 32 bits of an argument. It holds if these bits,
// masked, are one of certain values, or at least a certain value, or if the check in
// orElse holds. Of most arguments the kernel ignores the high bits.
type check struct {
	arg    int // index of the argument, 0 to 5
	high   bool
	mask   uint32 // 0: all bits
	oneOf  []uint32
	least  uint32 // if oneOf is nil
	orElse *check
}

// newPolicy returns the policy for a process that may carry out a Move, or nil for none.
func newPolicy(move *pinned) policy {
	self := []uint32{uint32(unix.Getpid())}
	p := policy{
		allowed: slices.Concat(allowed, allowedHere),
		conditions: []condition{
			{unix.SYS_CLONE, []check{{arg: 0, mask: unix.CLONE_THREAD, oneOf: []uint32{unix.CLONE_THREAD}}}},
			{unix.SYS_KILL, []check{{arg: 0, oneOf: self}}},
			{unix.SYS_TGKILL, []check{{arg: 0, oneOf: self}}},
			{unix.SYS_PRLIMIT64, []check{{arg: 0, oneOf: zero}}},
			// F_SETOWN is missing: it would send SIGIO to another process.
			{unix.SYS_FCNTL, []check{{arg: 1, oneOf: []uint32{unix.F_DUPFD, unix.F_DUPFD_CLOEXEC, unix.F_GETFD, unix.F_SETFD,
				unix.F_GETFL, unix.F_SETFL, unix.F_GETPIPE_SZ, unix.F_SETPIPE_SZ}}}},
			// TCGETS tells whether a file is a terminal. TIOCSTI is missing: it would type
			// on the terminal.
			{unix.SYS_IOCTL, []check{{arg: 1, oneOf: []uint32{unix.TCGETS}}}},
			// Names for memory and threads, and the timer slack of threads.
			{unix.SYS_PRCTL, []check{{arg: 0, oneOf: []uint32{unix.PR_SET_VMA, unix.PR_SET_NAME, unix.PR_SET_TIMERSLACK}}}},
		},
	}
	notExecutable := check{arg: 2, mask: unix.PROT_EXEC, oneOf: zero}
	if move == nil {
		p.allowed = append(p.allowed, unix.SYS_MUNMAP, unix.SYS_MREMAP, unix.SYS_MADVISE)
		p.conditions = append(p.conditions,
			condition{unix.SYS_MMAP, []check{notExecutable}},
			condition{unix.SYS_MPROTECT, []check{notExecutable}})
		return p
	}
	// Mappings that begin above the pinned page. Without MAP_FIXED a new one replaces
	// none.
	above := check{arg: 0, high: true, least: 1, orElse: &check{arg: 0, least: pinnedEnd}}
	aboveOrNew := check{arg: 3, mask: unix.MAP_FIXED, oneOf: zero, orElse: &above}
	p.conditions = append(p.conditions,
		condition{unix.SYS_MMAP, []check{notExecutable, aboveOrNew}},
		condition{unix.SYS_MPROTECT, []check{notExecutable, above}},
		condition{unix.SYS_MUNMAP, []check{above}},
		condition{unix.SYS_MADVISE, []check{above}})
	p.conditions = append(p.conditions, move.conditions()...)
	return p
}

// allowed lists the system calls that are always allowed.
var allowed = []uint16{
	// Input and output on open files.
	unix.SYS_READ, unix.SYS_WRITE, unix.SYS_READV, unix.SYS_WRITEV,
	unix.SYS_PREAD64, unix.SYS_PWRITE64, unix.SYS_PREADV, unix.SYS_PWRITEV,
	unix.SYS_LSEEK, unix.SYS_FSTAT, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE,
	unix.SYS_FADVISE64, unix.SYS_FSYNC, unix.SYS_FDATASYNC,
	unix.SYS_COPY_FILE_RANGE, unix.SYS_SENDFILE, unix.SYS_SPLICE, unix.SYS_TEE,
	unix.SYS_DUP, unix.SYS_DUP3, unix.SYS_CLOSE, unix.SYS_PIPE2, unix.SYS_EVENTFD2,
	unix.SYS_PPOLL, unix.SYS_PSELECT6,
	unix.SYS_EPOLL_CREATE1, unix.SYS_EPOLL_CTL, unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_PWAIT2,
	// Memory.
	unix.SYS_MINCORE, unix.SYS_BRK,
	// Threads.
	unix.SYS_FUTEX, unix.SYS_EXIT, unix.SYS_EXIT_GROUP, unix.SYS_GETTID, unix.SYS_SET_TID_ADDRESS,
	unix.SYS_SET_ROBUST_LIST, unix.SYS_RSEQ, unix.SYS_MEMBARRIER,
	unix.SYS_SCHED_YIELD, unix.SYS_SCHED_GETAFFINITY, unix.SYS_GETCPU,
	// Signals.
	unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK,
	unix.SYS_RESTART_SYSCALL,
	// Time.
	unix.SYS_CLOCK_GETTIME, unix.SYS_CLOCK_GETRES, unix.SYS_GETTIMEOFDAY,
	unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_SETITIMER,
	unix.SYS_TIMER_CREATE, unix.SYS_TIMER_SETTIME, unix.SYS_TIMER_DELETE,
	// Information about the process and the system.
	unix.SYS_GETPID, unix.SYS_GETPPID, unix.SYS_GETUID, unix.SYS_GETEUID, unix.SYS_GETGID, unix.SYS_GETEGID,
	unix.SYS_UNAME, unix.SYS_GETRLIMIT, unix.SYS_GETRUSAGE, unix.SYS_GETRANDOM,
	// Landlock, which is applied after seccomp.
	unix.SYS_LANDLOCK_RESTRICT_SELF,
}
