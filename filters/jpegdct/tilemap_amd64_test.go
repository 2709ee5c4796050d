//go:build !noasm

package jpegdct

import (
	"math/rand/v2"
	"testing"

	"imgpipe/filters/internal/x86"
)

// TestMapTwins: apply in assembly and in Go give the same coefficients and the same
// mask, also with coefficients and tables beyond those of real pictures.
func TestMapTwins(t *testing.T) {
	if !x86.HasAVX2 {
		t.Skip("no AVX2")
	}
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 20000 {
		var in tile
		largest := 1 << (1 + round%16)
		for range 1 + round%64 {
			in[random.IntN(64)] = int16(random.IntN(largest) - largest/2)
		}
		from, to := new(QuantTable), new(QuantTable)
		for k := range from {
			from[k] = uint16(1 + random.IntN(1<<(1+round%8)))
			to[k] = uint16(1 + random.IntN(1<<(1+round/8%16)))
		}
		if round%7 == 0 {
			to = from
		}
		m := newScaling([]int{2, 4, 8}[round%3]).tileMap(from, to)
		var a, b coefBlock
		maskA, maskB := m.applyGo(&in, &a), applyAVX2(m, &in, &b)
		if a != b || maskA != maskB {
			t.Fatalf("round %d:\n%v\nGo:  %v %x\nAVX2: %v %x", round, in, a, maskA, b, maskB)
		}
	}
}
