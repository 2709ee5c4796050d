package jpegdct

import (
	"syscall"
	"unsafe"
)

// adviseHugePages asks for huge pages for memory that is going to be written all over:
// the planes of a large picture have some 10,000 small pages, and each costs a fault.
func adviseHugePages(blocks []coefs) {
	const worthIt = 8 << 20 // bytes
	size := len(blocks) * int(unsafe.Sizeof(coefs{}))
	if size < worthIt {
		return
	}
	memory := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(blocks))), size)
	_ = syscall.Madvise(memory, syscall.MADV_HUGEPAGE) // does without where there are none
}
