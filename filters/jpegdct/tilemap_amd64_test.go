//go:build !noasm

package jpegdct

import (
	"math/rand/v2"
	"testing"

	"imgpipe/filters/internal/x86"
)

// TestMapTwins: transform in assembly and in Go give the same coefficients and the same
// mask, also with coefficients and tables beyond those of real pictures.
func TestMapTwins(t *testing.T) {
	if !x86.HasAVX2 {
		t.Skip("no AVX2")
	}
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 20000 {
		m, p := randomTile(random, round, []int{2, 4, 8}[round%3])
		low := &p.tiles[0].low
		var a, b coefBlock
		maskA, maskB := m.transformGo(low, &a), m.transform(low, &b)
		if a != b || maskA != maskB {
			t.Fatalf("round %d:\n%v\nGo:   %v %x\nAVX2: %v %x", round, low, a, maskA, b, maskB)
		}
	}
}

// TestNonzeroTwins: nonzero in assembly and in Go agree.
func TestNonzeroTwins(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	for round := range 2000 {
		var c coefs
		for i := range c {
			if random.IntN(64) < round%65 {
				c[i] = int16(1 << random.IntN(16))
			}
		}
		if got, want := c.nonzero(), c.nonzeroGo(); got != want {
			t.Fatalf("%v: nonzero is %x, want %x", c, got, want)
		}
	}
}
