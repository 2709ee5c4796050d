//go:build amd64 || arm64

package sandbox

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestFilter interprets the filters for every system call number, and compares the
// results with the policies.
func TestFilter(t *testing.T) {
	const (
		allow   = unix.SECCOMP_RET_ALLOW
		deny    = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
		unknown = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	)
	move := &pinned{dir: 7, to: pinnedAt + 20}
	for _, p := range []policy{newPolicy(nil), newPolicy(move)} {
		filter := p.compile()
		if len(filter) > 200 {
			t.Errorf("wanted a filter of at most 200 instructions, because a jump skips at most 255; got %d", len(filter))
		}
		want := make(map[uint32]uint32)
		for nr := range uint32(2 * numbers) {
			want[nr] = deny
			if nr >= firstNew {
				want[nr] = unknown
			}
		}
		for _, nr := range p.allowed {
			want[uint32(nr)] = allow
		}
		for _, c := range p.conditions {
			delete(want, uint32(c.nr))
			checkCondition(t, filter, c)
		}
		for nr, want := range want {
			if got := interpret(t, filter, auditArch, nr, arguments{}); got != want {
				t.Errorf("system call %d: wanted %#x, got %#x", nr, want, got)
			}
		}
		for _, foreign := range []struct{ arch, nr uint32 }{
			{unix.AUDIT_ARCH_I386, unix.SYS_READ},
			{auditArch, 0x40000000 | unix.SYS_READ}, // x32
		} {
			if got := interpret(t, filter, foreign.arch, foreign.nr, arguments{}); got != unknown {
				t.Errorf("architecture %#x, system call %#x: wanted %#x, got %#x", foreign.arch, foreign.nr, unknown, got)
			}
		}
	}
}

// arguments are those of a system call.
type arguments [6]uint64

// checkCondition makes the system call of c with arguments that its checks allow, and
// then with each argument wrong in turn.
func checkCondition(t *testing.T, filter []unix.SockFilter, c condition) {
	t.Helper()
	var right arguments
	for _, k := range c.checks {
		right[k.arg] |= uint64(fitting(k)) << (32 * high(k))
	}
	if got := interpret(t, filter, auditArch, uint32(c.nr), right); got != unix.SECCOMP_RET_ALLOW {
		t.Errorf("system call %d with %#x: wanted allowed, got %#x", c.nr, right, got)
	}
	for _, k := range c.checks {
		for _, v := range k.oneOf {
			other := right
			other[k.arg] = other[k.arg]&^(0xffffffff<<(32*high(k))) | uint64(v)<<(32*high(k))
			if got := interpret(t, filter, auditArch, uint32(c.nr), other); got != unix.SECCOMP_RET_ALLOW {
				t.Errorf("system call %d with %#x: wanted allowed, got %#x", c.nr, other, got)
			}
		}
		wrong := right
		if k.oneOf == nil {
			wrong[k.arg] = pinnedAt // neither high nor above the page
		} else {
			wrong[k.arg] ^= 0xffffffff << (32 * high(k))
		}
		if k.orElse != nil && k.orElse.arg != k.arg {
			wrong[k.orElse.arg] = pinnedAt
		}
		if got := interpret(t, filter, auditArch, uint32(c.nr), wrong); got != unix.SECCOMP_RET_ERRNO|uint32(unix.EPERM) {
			t.Errorf("system call %d with %#x: wanted denied, got %#x", c.nr, wrong, got)
		}
	}
}

// fitting returns bits that a check allows.
func fitting(k check) uint32 {
	if k.oneOf == nil {
		return k.least
	}
	return k.oneOf[0]
}

func high(k check) int {
	if k.high {
		return 1
	}
	return 0
}

// interpret returns the result of a filter for a system call.
func interpret(t *testing.T, filter []unix.SockFilter, arch, nr uint32, args arguments) uint32 {
	t.Helper()
	data := make(map[uint32]uint32)
	data[dataNr], data[dataArch] = nr, arch
	for i, v := range args {
		data[dataArgs+8*uint32(i)], data[dataArgs+8*uint32(i)+4] = uint32(v), uint32(v>>32)
	}
	var a uint32
	for pc := 0; pc < len(filter); pc++ {
		i := filter[pc]
		yes := false
		switch i.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			a = data[i.K]
			continue
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			a &= i.K
			continue
		case unix.BPF_RET | unix.BPF_K:
			return i.K
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			yes = a == i.K
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			yes = a >= i.K
		default:
			t.Fatalf("instruction %d has unexpected code %#x", pc, i.Code)
		}
		if yes {
			pc += int(i.Jt)
		} else {
			pc += int(i.Jf)
		}
	}
	t.Fatalf("system call %d: the filter ended without a return", nr)
	return 0
}

// BenchmarkCompile compiles with warm memory. At the start of a process new pages cost
// ten times as much.
func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		newPolicy(nil).compile()
	}
}
