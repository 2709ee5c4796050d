//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

func enter(o Options) (held Held, err error) {
	var rules ruleset
	if o.Dir != "" {
		if rules, err = newRuleset(o.Dir); err != nil {
			return held, fmt.Errorf("sandbox: %w", err)
		}
	}
	defer func() { rules.close() }()
	// Seccomp comes first, because it sets no_new_privs on every thread, faster than the
	// Go runtime can. Landlock needs no_new_privs.
	filter := newPolicy(o.Dir != "", rules.abi).compile()
	if held.Seccomp, err = available(installFilter(filter)); err != nil {
		return held, fmt.Errorf("sandbox: seccomp: %w", err)
	}
	if o.Dir == "" {
		// With seccomp in force Landlock would forbid nothing more, and delay every
		// start by 0.15 ms.
		if held.Seccomp {
			return held, nil
		}
		if rules, err = newRuleset(""); err != nil {
			return held, fmt.Errorf("sandbox: %w", err)
		}
	}
	if rules.abi == 0 {
		return held, nil
	}
	inForce, err := available(rules.enforce(held.Seccomp))
	if err != nil {
		return held, fmt.Errorf("sandbox: landlock: %w", err)
	}
	if inForce {
		held.Landlock = rules.abi
	}
	return held, nil
}

// available turns the error of a mechanism that the kernel lacks, or that an outer
// sandbox forbids, into false. It returns other errors.
func available(err error) (bool, error) {
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
