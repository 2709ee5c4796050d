package jpegdct

import (
	"math/rand/v2"
	"testing"
)

// TestBitAfter: bitAfter finds the same bit as counting does.
func TestBitAfter(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	for round := range 20000 {
		set := random.Uint64() >> random.IntN(64) << random.IntN(64)
		if round%2 == 0 {
			set |= random.Uint64() | random.Uint64() // long runs
		}
		if round == 0 {
			set = 0
		}
		for n := range 16 {
			want, left := uint64(0), n
			for at := range 64 {
				if set>>at&1 == 0 {
					continue
				}
				if left == 0 {
					want = 1 << at
					break
				}
				left--
			}
			if got := bitAfter(set, n); got != want {
				t.Fatalf("the bit of %064b after %d others is %064b, want %064b", set, n, got, want)
			}
		}
	}
}

func BenchmarkBitAfter(b *testing.B) {
	random := rand.New(rand.NewPCG(11, 12))
	var sets [1024]uint64
	for i := range sets {
		sets[i] = random.Uint64() | random.Uint64() | random.Uint64()
	}
	sum := uint64(0)
	for i := 0; b.Loop(); i++ {
		sum += bitAfter(sets[i&1023], i&3)
	}
	_ = sum
}
