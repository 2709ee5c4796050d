//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Access rights by the version of Landlock's ABI that introduced them (landlock(7)).
const (
	fsABI1  = 1<<13 - 1 // LANDLOCK_ACCESS_FS_EXECUTE to _MAKE_SYM
	netABI4 = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	udpABI  = unix.LANDLOCK_ACCESS_NET_BIND_UDP | unix.LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP
)

// A ruleset is a Landlock ruleset (landlock_create_ruleset(2)).
type ruleset struct {
	abi int // version of the kernel's ABI; 0 if it has no Landlock, then there is no fd
	fd  int
}

// landlockABI returns the version of the kernel's ABI, or 0.
func landlockABI() int {
	abi, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(abi)
}

// newRuleset creates a ruleset that denies all access that the kernel's ABI covers,
// except renaming and removing files in the directory of move, which may be nil, and
// below: Landlock has no rule for a name.
func newRuleset(move *pinned) (r ruleset, err error) {
	if r.abi = landlockABI(); r.abi == 0 {
		return r, nil
	}
	handled := r.handled()
	// An older kernel accepts a longer structure if the fields unknown to it are zero.
	fd, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET,
		uintptr(unsafe.Pointer(&handled)), unsafe.Sizeof(handled), 0)
	if errno != 0 {
		return r, fmt.Errorf("landlock_create_ruleset: %w", errno)
	}
	r.fd = int(fd)
	if move == nil {
		return r, nil
	}
	beneath := unix.LandlockPathBeneathAttr{
		Allowed_access: unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE,
		Parent_fd:      int32(move.dir),
	}
	_, _, errno = unix.RawSyscall6(unix.SYS_LANDLOCK_ADD_RULE,
		fd, unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&beneath)), 0, 0, 0)
	if errno != 0 {
		r.close()
		return r, fmt.Errorf("landlock_add_rule: %w", errno)
	}
	return r, nil
}

// handled returns the accesses that the ruleset controls: all that r's ABI covers,
// except signals, which seccomp restricts. Before Linux 6.15 LANDLOCK_SCOPE_SIGNAL
// forbids signals between the threads of one process if each has its own domain
// (erratum 2), and the Go runtime sends such signals.
func (r ruleset) handled() unix.LandlockRulesetAttr {
	a := unix.LandlockRulesetAttr{Handled_access_fs: fsABI1}
	for _, since := range []struct {
		abi             int
		fs, net, scoped uint64
	}{
		{abi: 2, fs: unix.LANDLOCK_ACCESS_FS_REFER},
		{abi: 3, fs: unix.LANDLOCK_ACCESS_FS_TRUNCATE},
		{abi: 4, net: netABI4},
		{abi: 5, fs: unix.LANDLOCK_ACCESS_FS_IOCTL_DEV},
		{abi: 6, scoped: unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET},
		{abi: 9, fs: unix.LANDLOCK_ACCESS_FS_RESOLVE_UNIX},
		{abi: 10, net: udpABI},
	} {
		if r.abi >= since.abi {
			a.Handled_access_fs |= since.fs
			a.Handled_access_net |= since.net
			a.Scoped |= since.scoped
		}
	}
	return a
}

// enforce applies r to all threads (landlock_restrict_self(2)), which get no_new_privs.
func (r ruleset) enforce() error {
	if r.abi >= 8 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return err
		}
		_, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(r.fd), unix.LANDLOCK_RESTRICT_SELF_TSYNC, 0)
		return errOf(errno)
	}
	if _, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); errno != 0 {
		return errno
	}
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(r.fd), 0, 0)
	return errOf(errno)
}

func (r ruleset) close() {
	if r.abi > 0 {
		unix.Close(r.fd)
	}
}

// errOf returns nil for errno 0.
func errOf(errno syscall.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}
