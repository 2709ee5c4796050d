//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// installFilter sets no_new_privs and puts a seccomp filter into force, on all
// threads (seccomp(2), SECCOMP_FILTER_FLAG_TSYNC).
//
// Both calls have to be one thread's. runtime.LockOSThread would start a thread, a
// twentieth of what a small picture takes; these are raw calls, and if the scheduler
// moves the goroutine between them nevertheless, EACCES says so.
func installFilter(filter []unix.SockFilter) error {
	const tries = 10
	var err error
	for range tries {
		if _, _, errno := unix.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); errno != 0 {
			return fmt.Errorf("no_new_privs: %w", errno)
		}
		if err = setFilter(filter); err != unix.EACCES {
			break
		}
	}
	return err
}

func setFilter(filter []unix.SockFilter) error {
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	// Without SPEC_ALLOW kernels before 5.16 slow down all that the process
	// computes, to protect it from code that it doesn't run.
	var flags uintptr = unix.SECCOMP_FILTER_FLAG_TSYNC | unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
	thread, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&program)))
	if errno == unix.EINVAL { // before 4.17
		flags = unix.SECCOMP_FILTER_FLAG_TSYNC
		thread, _, errno = unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&program)))
	}
	if errno == 0 && thread != 0 {
		return fmt.Errorf("thread %d has a filter of its own", thread)
	}
	return errOf(errno)
}
