// Package x86 says what amd64 processors have that not all have. In a virtual
// machine each CPUID takes some 10 µs of a program's start, so it asks no more than
// the few that are wanted here.
package x86

var (
	HasAVX2 bool // and the system keeps the registers
	HasBMI2 bool // and BMI1
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

// cpuid gives EAX, EBX and ECX of a leaf, or of its subleaf 0.
func cpuid(leaf uint32) (a, b, c uint32)

// xgetbv gives the low half of XCR0.
func xgetbv() uint32
