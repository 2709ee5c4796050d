package jpegdct

import (
	"math"
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

// TestIsolated: isolated coefficients of rows and columns are strong from a lower value on
// than others, in the bounds for blocks and in those for values.
func TestIsolated(t *testing.T) {
	const bound = 79 // of coefficient (7, 0) and others
	weak := new(bounds)
	for i := range weak {
		weak[i] = math.MaxInt16
	}
	at := func(row, column int) int { return column*8 + row }
	for _, place := range []int{at(7, 0), at(0, 5), at(5, 5)} {
		weak[place] = bound
	}
	component, values := scaledComponent{weak: *weak, isolated: *weak.isolated()}, newValueBounds(weak)
	for _, c := range []struct {
		name        string
		row, column int
		run         int // coefficients before it that are 0
		v           int16
		strong      bool
	}{
		{"isolated, at the bound", 7, 0, 8, bound / 4, false},
		{"isolated, above the bound", 7, 0, 8, bound/4 + 1, true},
		{"isolated, negative", 7, 0, 8, -bound/4 - 1, true},
		{"not isolated", 7, 0, 7, bound/4 + 1, false},
		{"not isolated, above its bound", 7, 0, 0, bound + 1, true},
		{"the longest run of a symbol", 7, 0, 15, bound/4 + 1, true},
		{"after a symbol of 16 zeros", 7, 0, 16, bound/4 + 1, false},
		{"in the first row", 0, 5, 8, bound/4 + 1, true},
		{"neither in the first row nor in the first column", 5, 5, 8, bound/4 + 1, false},
		{"no bound", 6, 0, 8, 1000, false},
	} {
		block, k := new(coefs), int(unzigzag[c.row*8+c.column])
		block[0], block[at(c.row, c.column)] = 500, c.v
		block[columnwise(k-1-c.run)] = 1
		if got := component.isStrong(block, 1<<k|1<<(k-1-c.run)&^1); got != c.strong {
			t.Errorf("%s: the block is strong: %t, want %t", c.name, got, c.strong)
		}
		if got := values.exceeded(k, c.run%16+1, uint16(c.v)); got != c.strong {
			t.Errorf("%s: the value is strong: %t, want %t", c.name, got, c.strong)
		}
	}
}
