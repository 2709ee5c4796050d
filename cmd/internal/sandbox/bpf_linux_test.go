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
	for _, p := range []policy{newPolicy(false, 0), newPolicy(true, 0), newPolicy(true, 3)} {
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
			for _, v := range c.oneOf {
				if got := interpret(t, filter, auditArch, uint32(c.nr), c.arg, v); got != allow {
					t.Errorf("system call %d with %#x as argument %d: wanted allowed, got %#x", c.nr, v, c.arg, got)
				}
			}
			if got := interpret(t, filter, auditArch, uint32(c.nr), c.arg, ^c.oneOf[0]); got != deny {
				t.Errorf("system call %d with %#x as argument %d: wanted denied, got %#x", c.nr, ^c.oneOf[0], c.arg, got)
			}
		}
		for nr, want := range want {
			if got := interpret(t, filter, auditArch, nr, 0, 0); got != want {
				t.Errorf("system call %d: wanted %#x, got %#x", nr, want, got)
			}
		}
		for _, foreign := range []struct{ arch, nr uint32 }{
			{unix.AUDIT_ARCH_I386, unix.SYS_READ},
			{auditArch, 0x40000000 | unix.SYS_READ}, // x32
		} {
			if got := interpret(t, filter, foreign.arch, foreign.nr, 0, 0); got != unknown {
				t.Errorf("architecture %#x, system call %#x: wanted %#x, got %#x", foreign.arch, foreign.nr, unknown, got)
			}
		}
	}
}

// interpret returns the result of a filter for a system call. All arguments but one are
// -1, which no condition allows.
func interpret(t *testing.T, filter []unix.SockFilter, arch, nr uint32, arg int, value uint32) uint32 {
	t.Helper()
	data := make(map[uint32]uint32)
	data[dataNr], data[dataArch] = nr, arch
	for i := range 6 {
		data[dataArgs+8*uint32(i)] = ^uint32(0)
	}
	data[dataArgs+8*uint32(arg)] = value
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
		newPolicy(false, 0).compile()
	}
}
