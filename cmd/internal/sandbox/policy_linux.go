//go:build amd64 || arm64

package sandbox

import (
	"math"
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

// A condition allows a system call if one of its arguments, masked, has one of certain
// values. It checks only the low 32 bits, because the kernel ignores the high bits of
// all arguments that are checked here.
type condition struct {
	nr    uint16 // of the system call
	arg   int    // index of the argument, 0 to 5
	mask  uint32
	oneOf []uint32
}

// newPolicy returns the policy for a process with or without a directory to write in,
// on a kernel with the given version of Landlock's ABI (0 for none).
func newPolicy(dir bool, landlock int) policy {
	const all = math.MaxUint32
	self := []uint32{uint32(unix.Getpid())}
	p := policy{
		allowed: slices.Concat(allowed, allowedHere),
		conditions: []condition{
			{unix.SYS_MMAP, 2, unix.PROT_EXEC, []uint32{0}},
			{unix.SYS_MPROTECT, 2, unix.PROT_EXEC, []uint32{0}},
			{unix.SYS_CLONE, 0, unix.CLONE_THREAD, []uint32{unix.CLONE_THREAD}},
			{unix.SYS_KILL, 0, all, self},
			{unix.SYS_TGKILL, 0, all, self},
			{unix.SYS_PRLIMIT64, 0, all, []uint32{0}},
			// F_SETOWN is missing: it would send SIGIO to another process.
			{unix.SYS_FCNTL, 1, all, []uint32{unix.F_DUPFD, unix.F_DUPFD_CLOEXEC, unix.F_GETFD, unix.F_SETFD,
				unix.F_GETFL, unix.F_SETFL, unix.F_GETPIPE_SZ, unix.F_SETPIPE_SZ}},
			// TCGETS tells whether a file is a terminal. TIOCSTI is missing: it would type
			// on the terminal.
			{unix.SYS_IOCTL, 1, all, []uint32{unix.TCGETS}},
			// Names for memory and threads.
			{unix.SYS_PRCTL, 0, all, []uint32{unix.PR_SET_VMA, unix.PR_SET_NAME}},
		},
	}
	if !dir {
		return p
	}
	p.allowed = append(p.allowed, sysFstatat, unix.SYS_FCHMOD, unix.SYS_UNLINKAT, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2)
	if landlock >= 3 { // earlier versions do not cover truncate(2)
		p.allowed = append(p.allowed, unix.SYS_TRUNCATE)
	}
	p.conditions = append(p.conditions, condition{unix.SYS_OPENAT, 2, unix.O_ACCMODE, []uint32{unix.O_WRONLY}})
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
	unix.SYS_MUNMAP, unix.SYS_MREMAP, unix.SYS_MADVISE, unix.SYS_MINCORE, unix.SYS_BRK,
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
