//go:build amd64 || arm64

package sandbox

import (
	"slices"

	"golang.org/x/sys/unix"
)

// Offsets into struct seccomp_data (seccomp(2)), which a filter looks at.
const (
	dataNr   = 0
	dataArch = 4
	dataArgs = 16 // six of 8 bytes, the low half first on both architectures
)

// A program is a BPF program in reverse, its last instruction first: jumps go
// forward only, so a jump's target is known before the jump.
type program []unix.SockFilter

// A label is the place of an instruction in a program, counted from its end. A
// jump goes 255 instructions at most, and a filter has fewer.
type label uint8

// compile makes p a seccomp filter: a binary search over the ranges of system
// call numbers that are decided alike. The kernel runs a new filter once for
// each number, to know those that need not be looked at again, and a chain of
// comparisons costs it three times as much as a search.
//
// It runs in a process that has just begun, where each fresh page of memory
// costs more than all that is computed here: hence the small types.
func (p policy) compile() []unix.SockFilter {
	b := make(program, 0, 256)
	allow := b.ret(unix.SECCOMP_RET_ALLOW)
	deny := b.ret(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	unknown := b.ret(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS))

	var decided [numbers + 1]label // the last is for all that follow
	for nr := range decided {
		decided[nr] = deny
		if nr >= firstNew {
			decided[nr] = unknown
		}
	}
	for _, nr := range p.allowed {
		decided[nr] = allow
	}
	for _, c := range p.conditions {
		decided[c.nr] = b.condition(c, allow, deny)
	}
	ranges := make([]numberRange, 0, 128)
	for nr, to := range decided {
		if nr == 0 || to != decided[nr-1] {
			ranges = append(ranges, numberRange{uint16(nr), to})
		}
	}
	search := b.search(ranges)
	b.load(dataNr)
	b.jump(unix.BPF_JEQ, auditArch, search+1, unknown)
	b.load(dataArch)
	slices.Reverse(b)
	return b
}

// A numberRange is the system calls from first up to the next range's first.
type numberRange struct {
	first uint16
	to    label
}

// search adds the search for the loaded number in ranges, of which there is at
// least one, and returns where it begins.
func (b *program) search(ranges []numberRange) label {
	if len(ranges) == 1 {
		return ranges[0].to
	}
	half := len(ranges) / 2
	above := b.search(ranges[half:])
	below := b.search(ranges[:half])
	return b.jump(unix.BPF_JGE, uint32(ranges[half].first), above, below)
}

// condition adds the check of one argument, and returns where it begins.
func (b *program) condition(c condition, allow, deny label) label {
	next := deny
	for _, v := range c.oneOf {
		next = b.jump(unix.BPF_JEQ, v, allow, next)
	}
	b.add(unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: c.mask})
	return b.load(dataArgs + 8*uint32(c.arg))
}

func (b *program) ret(k uint32) label {
	return b.add(unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k})
}

func (b *program) load(offset uint32) label {
	return b.add(unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset})
}

func (b *program) jump(test uint16, k uint32, yes, no label) label {
	here := label(len(*b))
	return b.add(unix.SockFilter{
		Code: unix.BPF_JMP | test | unix.BPF_K, K: k,
		Jt: uint8(here-yes) - 1, Jf: uint8(here-no) - 1,
	})
}

func (b *program) add(i unix.SockFilter) label {
	*b = append(*b, i)
	return label(len(*b) - 1)
}
