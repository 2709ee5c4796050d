//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A pinned holds the names of a Move where the process itself cannot change them. A
// seccomp filter does not see names, but the addresses of names. So the names stand in
// memory that is read-only, at an address that the filter knows, and the filter keeps all
// system calls that change mappings away from there.
type pinned struct {
	dir int     // descriptor of the directory (O_PATH)
	to  uintptr // address of the second name; the first one is at pinnedAt
}

// The page of the names lies lower than all that the kernel and Go choose for themselves,
// and higher than /proc/sys/vm/mmap_min_addr. No other mapping begins below its end, so
// what would overlap it has to begin there too.
const (
	pinnedAt  = 1 << 20
	pinnedEnd = pinnedAt + 1<<16 // the largest page
)

// pin opens the directory of m and writes the names.
func pin(m *Move) (*pinned, error) {
	dir, err := unix.Open(m.Dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: m.Dir, Err: err}
	}
	names := m.From + "\x00" + m.To + "\x00"
	if len(names) > os.Getpagesize() {
		return nil, unix.ENAMETOOLONG
	}
	page, err := mapAt(pinnedAt, os.Getpagesize())
	if err != nil {
		return nil, fmt.Errorf("a page for the names of files: %w", err)
	}
	copy(page, names)
	if err := unix.Mprotect(page, unix.PROT_READ); err != nil {
		return nil, err
	}
	return &pinned{dir: dir, to: pinnedAt + uintptr(len(m.From)+1)}, nil
}

// mapAt maps memory at an address where none is.
func mapAt(address uintptr, size int) ([]byte, error) {
	p, err := unix.MmapPtr(-1, 0, unsafe.Add(unsafe.Pointer(nil), address), uintptr(size),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_FIXED_NOREPLACE)
	if err != nil {
		return nil, err
	}
	if uintptr(p) != address { // kernels before 4.17 take the address for a wish
		return nil, errors.Join(errors.New("the kernel maps it elsewhere"), unix.MunmapPtr(p, uintptr(size)))
	}
	return unsafe.Slice((*byte)(p), size), nil
}

func (p *pinned) rename() error {
	_, _, errno := unix.Syscall6(unix.SYS_RENAMEAT, uintptr(p.dir), pinnedAt, uintptr(p.dir), p.to, 0, 0)
	return errOf(errno)
}

func (p *pinned) remove() error {
	_, _, errno := unix.Syscall(unix.SYS_UNLINKAT, uintptr(p.dir), pinnedAt, 0)
	return errOf(errno)
}

// conditions allow the two system calls of a Move.
func (p *pinned) conditions() []condition {
	dir, at, to := []uint32{uint32(p.dir)}, []uint32{pinnedAt}, []uint32{uint32(p.to)}
	return []condition{
		{unix.SYS_RENAMEAT, []check{{arg: 0, oneOf: dir}, {arg: 1, oneOf: at}, {arg: 1, high: true, oneOf: zero},
			{arg: 2, oneOf: dir}, {arg: 3, oneOf: to}, {arg: 3, high: true, oneOf: zero}}},
		{unix.SYS_UNLINKAT, []check{{arg: 0, oneOf: dir}, {arg: 1, oneOf: at}, {arg: 1, high: true, oneOf: zero}, {arg: 2, oneOf: zero}}},
	}
}

var zero = []uint32{0}
