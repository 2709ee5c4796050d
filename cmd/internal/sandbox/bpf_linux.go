//go:build amd64 || arm64

package sandbox

import (
	"slices"

	"golang.org/x/sys/unix"
)

// Offsets in bytes into struct seccomp_data, the input of a filter (seccomp(2)).
const (
	dataNr   = 0
	dataArch = 4
	dataArgs = 16 // six arguments of 8 bytes, low half first on amd64 and arm64
)

// A program is a BPF program in reverse order. BPF jumps only go forward; so in reverse
// order the target of a jump exists before the jump.
type program []unix.SockFilter

// A label is the position of an instruction, counted from the end of the program. One
// byte is enough: a jump skips 255 instructions at most, and a filter has fewer.
type label uint8

// compile compiles p to a seccomp filter: a binary search over ranges of system call
// numbers with the same decision. The kernel runs a new filter once for each number, to
// find the numbers that are always allowed. A chain of comparisons would take the kernel
// three times as long.
//
// compile runs at the start of a process, when each new page of memory costs more than
// the computation here. Therefore the types are small.
func (p policy) compile() []unix.SockFilter {
	b := make(program, 0, 256)
	allow := b.ret(unix.SECCOMP_RET_ALLOW)
	deny := b.ret(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	unknown := b.ret(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS))

	var decided [numbers + 1]label // by number; the last is for all higher numbers
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
	for nr, verdict := range decided {
		if nr == 0 || verdict != decided[nr-1] {
			ranges = append(ranges, numberRange{uint16(nr), verdict})
		}
	}
	search := b.search(ranges)
	b.load(dataNr)
	b.jump(unix.BPF_JEQ, auditArch, search+1, unknown)
	b.load(dataArch)
	slices.Reverse(b)
	return b
}

// A numberRange is a range of system call numbers, from first up to the next range.
type numberRange struct {
	first   uint16
	verdict label
}

// search adds the binary search for the loaded number in ranges, at least one, and
// returns its first instruction.
func (b *program) search(ranges []numberRange) label {
	if len(ranges) == 1 {
		return ranges[0].verdict
	}
	half := len(ranges) / 2
	above := b.search(ranges[half:])
	below := b.search(ranges[:half])
	return b.jump(unix.BPF_JGE, uint32(ranges[half].first), above, below)
}

// condition adds the checks of arguments and returns their first instruction.
func (b *program) condition(c condition, allow, deny label) label {
	next := allow
	for _, k := range slices.Backward(c.checks) {
		next = b.check(&k, next, deny)
	}
	return next
}

// check adds one check: on to yes if it holds, else to no.
func (b *program) check(k *check, yes, no label) label {
	next := no
	if k.orElse != nil {
		next = b.check(k.orElse, yes, no)
	}
	if k.oneOf == nil {
		next = b.jump(unix.BPF_JGE, k.least, yes, next)
	}
	for _, v := range k.oneOf {
		next = b.jump(unix.BPF_JEQ, v, yes, next)
	}
	if k.mask != 0 {
		b.add(unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: k.mask})
	}
	word := dataArgs + 8*uint32(k.arg)
	if k.high {
		word += 4
	}
	return b.load(word)
}

// ret adds: return k.
func (b *program) ret(k uint32) label {
	return b.add(unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k})
}

// load adds: load the 32-bit word at offset of struct seccomp_data.
func (b *program) load(offset uint32) label {
	return b.add(unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset})
}

// jump adds: if the loaded word passes the test against k, go to yes, else to no.
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
