package jpegdct

import (
	"math/rand/v2"
	"testing"
)

// TestExceededTwins: exceeded in assembly and in Go agree.
func TestExceededTwins(t *testing.T) {
	needAssembly(t)
	random := rand.New(rand.NewPCG(9, 10))
	yes := 0
	for round := range 4000 {
		weak := randomBounds(random)
		var c coefs
		for i, most := range weak {
			c[i] = most
			if round%3 == 0 {
				c[i] = -most
			}
		}
		if at := random.IntN(64); round%2 == 0 {
			c[at] = int16(random.IntN(1<<16) - 1<<15)
		}
		got, want := weak.exceeded(&c), weak.exceededGo(&c)
		if got != want {
			t.Fatalf("%v with the bounds %v: exceeded is %t, want %t", c, weak, got, want)
		}
		if got {
			yes++
		}
	}
	if yes < 500 || yes > 3500 {
		t.Errorf("%d of 4000 exceeded a bound, want some and not all", yes)
	}
}
