//go:build amd64 || arm64

package sandbox

import (
	"math"
	"slices"

	"golang.org/x/sys/unix"
)

const (
	// From this number on (Linux 5.1) a system call has the same number on all
	// architectures, and Go has to do without it, for it runs on Linux 3.2.
	firstNew = 424
	// No system call with this number or a higher one is allowed; among them
	// are those of amd64's x32 ABI.
	numbers = 512
)

// A policy is the system calls that a process keeps: a list of what it may do,
// so that what a later kernel adds is closed. It is generous with what
// touches nothing but the process itself, so that a later Go finds what it needs.
type policy struct {
	allowed    []uint16
	conditions []condition
}

// A condition allows the system call nr if its argument arg, masked, is one of
// some values. Only the low 32 bits are looked at: the kernel takes no others of
// any argument that is checked here.
type condition struct {
	nr    uint16
	arg   int
	mask  uint32
	oneOf []uint32
}

// newPolicy is the policy of a process that has, or doesn't have, a directory to
// write in, on a kernel with this version of Landlock's ABI.
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
			// No F_SETOWN: the owner of a file is sent SIGIO.
			{unix.SYS_FCNTL, 1, all, []uint32{unix.F_DUPFD, unix.F_DUPFD_CLOEXEC, unix.F_GETFD, unix.F_SETFD,
				unix.F_GETFL, unix.F_SETFL, unix.F_GETPIPE_SZ, unix.F_SETPIPE_SZ}},
			// "Is it a terminal?", but no TIOCSTI, which types on it.
			{unix.SYS_IOCTL, 1, all, []uint32{unix.TCGETS}},
			// Names for memory and threads.
			{unix.SYS_PRCTL, 0, all, []uint32{unix.PR_SET_VMA, unix.PR_SET_NAME}},
		},
	}
	if !dir {
		return p
	}
	p.allowed = append(p.allowed, sysFstatat, unix.SYS_FCHMOD, unix.SYS_UNLINKAT, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2)
	if landlock >= 3 { // before, it doesn't see truncate(2)
		p.allowed = append(p.allowed, unix.SYS_TRUNCATE)
	}
	p.conditions = append(p.conditions, condition{unix.SYS_OPENAT, 2, unix.O_ACCMODE, []uint32{unix.O_WRONLY}})
	return p
}

// allowed is what every process keeps.
var allowed = []uint16{
	// Input and output on what is open.
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
	// What it is and where it runs.
	unix.SYS_GETPID, unix.SYS_GETPPID, unix.SYS_GETUID, unix.SYS_GETEUID, unix.SYS_GETGID, unix.SYS_GETEGID,
	unix.SYS_UNAME, unix.SYS_GETRLIMIT, unix.SYS_GETRUSAGE, unix.SYS_GETRANDOM,
	// Closing more: Landlock comes after seccomp.
	unix.SYS_LANDLOCK_RESTRICT_SELF,
}
