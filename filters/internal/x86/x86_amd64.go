// Package x86 detects extensions of the instruction set of amd64 processors. It
// executes CPUID only for those that this project uses, because in a virtual machine
// each CPUID adds some 10 µs to the start of a program.
package x86

var (
	HasAVX2 bool // AVX2, with support by the operating system
	HasBMI2 bool // BMI1 and BMI2
)

func init() {
	const (
		osxsave, avx     = 1 << 27, 1 << 28       // leaf 1, ECX
		bmi1, avx2, bmi2 = 1 << 3, 1 << 5, 1 << 8 // leaf 7, EBX
		sseAndAVX        = 1<<1 | 1<<2            // XCR0
	)
	if last, _, _ := cpuid(0); last < 7 {
		return
	}
	_, _, c := cpuid(1)
	_, b, _ := cpuid(7)
	HasBMI2 = b&bmi1 != 0 && b&bmi2 != 0
	HasAVX2 = b&avx2 != 0 && c&osxsave != 0 && c&avx != 0 && xgetbv()&sseAndAVX == sseAndAVX
}

// cpuid executes CPUID for a leaf and its subleaf 0, and returns EAX, EBX and ECX.
func cpuid(leaf uint32) (a, b, c uint32)

// xgetbv returns the low 32 bits of the extended control register XCR0.
func xgetbv() uint32
