package x86

import (
	"testing"

	"golang.org/x/sys/cpu"
)

// TestFeatures compares with golang.org/x/sys/cpu.
func TestFeatures(t *testing.T) {
	if HasAVX2 != cpu.X86.HasAVX2 {
		t.Errorf("HasAVX2 is %t, x/sys/cpu says %t", HasAVX2, cpu.X86.HasAVX2)
	}
	if want := cpu.X86.HasBMI1 && cpu.X86.HasBMI2; HasBMI2 != want {
		t.Errorf("HasBMI2 is %t, x/sys/cpu says %t", HasBMI2, want)
	}
}
