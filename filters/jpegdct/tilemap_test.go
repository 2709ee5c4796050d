package jpegdct

import (
	"math/rand/v2"
	"testing"
)

// TestMapTwins: transform in assembly and in Go give the same coefficients and the same
// mask, also with coefficients and tables beyond those of real pictures.
func TestMapTwins(t *testing.T) {
	needAssembly(t)
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 20000 {
		m, p := randomTile(random, round, []int{2, 4, 8}[round%3])
		low, sum := &p.tiles[0].low, m.sumHigh(p, &p.tiles[0])
		var a, b coefBlock
		maskA, maskB := m.transformGo(low, sum, &a), m.transform(low, sum, &b)
		if a != b || maskA != maskB {
			t.Fatalf("round %d:\n%v\nGo:   %v %x\nassembly: %v %x", round, low, a, maskA, b, maskB)
		}
	}
}

// TestAddHighTwins: addHigh in assembly and in Go give the same sum.
func TestAddHighTwins(t *testing.T) {
	needAssembly(t)
	random := rand.New(rand.NewPCG(9, 10))
	for round := range 6000 {
		m, p := randomTile(random, round, []int{2, 4, 8}[round%3])
		products := m.newProducts()
		var a, b [64]float32
		for block, c := range p.wholeBlocks(&p.tiles[0]) {
			columns, rows := &products[block%m.n], &products[block/m.n]
			m.addHighGo(&a, c, columns, rows)
			m.addHigh(&b, c, columns, rows)
		}
		if a != b {
			t.Fatalf("round %d:\nGo:   %v\nassembly: %v", round, a, b)
		}
	}
}

// TestProductTwins: addProducts in assembly and in Go give the same sums.
func TestProductTwins(t *testing.T) {
	needAssembly(t)
	random := rand.New(rand.NewPCG(11, 12))
	vectors := func(n int) (all [][8]float32) {
		for range n {
			var v [8]float32
			for i := range v {
				v[i] = float32(random.NormFloat64())
			}
			all = append(all, v)
		}
		return all
	}
	for n := 1; n <= 64; n++ {
		columns, rows := vectors(n), vectors(n+1)
		x := [8][8]float32(vectors(8))
		y := x
		addProductsGo(&x, columns, rows[:n])
		addProducts(&y, columns, rows[:n])
		if x != y {
			t.Fatalf("%d products:\nGo:       %v\nassembly: %v", n, x, y)
		}
	}
}
