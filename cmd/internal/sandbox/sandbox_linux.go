//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

func enter(o Options) (held Held, err error) {
	var move *pinned
	if o.Move != nil {
		if move, err = pin(o.Move); err != nil {
			return held, fmt.Errorf("sandbox: %w", err)
		}
		o.Move.pinned = move
	}
	// Seccomp comes first, because it sets no_new_privs on every thread, faster than the
	// Go runtime can. Landlock needs no_new_privs.
	held.Seccomp, err = inForce(installFilter(newPolicy(move).compile()))
	if err != nil {
		return held, fmt.Errorf("sandbox: seccomp: %w", err)
	}
	if held.Seccomp {
		return held, nil
	}
	rules, err := newRuleset(move)
	if err != nil {
		return held, fmt.Errorf("sandbox: %w", err)
	}
	defer rules.close()
	if rules.abi == 0 {
		return held, nil
	}
	restricted, err := inForce(rules.enforce())
	if err != nil {
		return held, fmt.Errorf("sandbox: landlock: %w", err)
	}
	if restricted {
		held.Landlock = rules.abi
	}
	return held, nil
}

func available() Held {
	action := uint32(unix.SECCOMP_RET_ALLOW)
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
	return Held{Seccomp: errno == 0, Landlock: landlockABI()}
}

// inForce turns the error of a mechanism that the kernel lacks, or that an outer
// sandbox forbids, into false. It returns other errors.
func inForce(err error) (bool, error) {
	for _, missing := range []error{
		unix.ENOSYS,     // the kernel is too old
		unix.EOPNOTSUPP, // not enabled at boot, or the Go runtime does not know all threads (cgo)
		unix.EINVAL,     // the kernel was built without it, or does not know the flag for all threads
		unix.EPERM,      // an outer seccomp filter forbids it
		unix.E2BIG,      // Landlock: already 16 layers of rulesets
	} {
		if errors.Is(err, missing) {
			return false, nil
		}
	}
	return err == nil, err
}
