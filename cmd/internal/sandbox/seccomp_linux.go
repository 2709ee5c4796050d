//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// installFilter sets no_new_privs and installs a seccomp filter, on all threads
// (seccomp(2), SECCOMP_FILTER_FLAG_TSYNC).
//
// One thread must make both system calls. runtime.LockOSThread would start a thread,
// which takes a twentieth of the time for a small image. Instead both are raw calls,
// between which the scheduler rarely moves the goroutine to another thread. If it does,
// the second call fails with EACCES, and both are made again.
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

// setFilter installs a seccomp filter on all threads.
func setFilter(filter []unix.SockFilter) error {
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	// Without SPEC_ALLOW kernels before 5.16 enable mitigations of speculative execution
	// that slow down the whole process. It runs no untrusted code, so it does not need
	// them.
	var flags uintptr = unix.SECCOMP_FILTER_FLAG_TSYNC | unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
	thread, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&program)))
	if errno == unix.EINVAL { // kernels before 4.17 do not know SPEC_ALLOW
		flags = unix.SECCOMP_FILTER_FLAG_TSYNC
		thread, _, errno = unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&program)))
	}
	if errno == 0 && thread != 0 {
		return fmt.Errorf("thread %d has another seccomp filter", thread)
	}
	return errOf(errno)
}
