package jpegdct

import (
	"math/rand/v2"
	"testing"
)

// randomTile returns a map and a tile for it that has some coefficients. With the round
// the coefficients and the tables become larger, beyond those of real pictures.
func randomTile(random *rand.Rand, round, n int) (*tileMap, *tilePlane) {
	from, to := new(QuantTable), new(QuantTable)
	for k := range from {
		from[k] = uint16(1 + random.IntN(1<<(1+round%8)))
		to[k] = uint16(1 + random.IntN(1<<(1+round/8%16)))
	}
	if round%7 == 0 {
		to = from
	}
	m := newScaling(n).tileMap(from, to)
	p := &tilePlane{tiles: make([]tile, 1), stride: 1}
	largest := 1 << (1 + round%16)
	for block := range n * n {
		var c coefs
		for range round % 8 {
			c[random.IntN(64)] = int16(random.IntN(largest) - largest/2)
		}
		m.setLow(&p.tiles[0], block, &c)
		if random.IntN(3) == 0 {
			p.addWhole(&p.tiles[0], block)[0].low = c
		}
	}
	return m, p
}

// TestTransform: transform does the same as multiplying by the matrix, which
// transformEdge does, up to a rounding.
func TestTransform(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for round := range 3000 {
		n := []int{2, 4, 8}[round%3]
		m, p := randomTile(random, round, n)
		var got, want coefBlock
		m.transform(&p.tiles[0].low, m.sumHigh(p, &p.tiles[0]), &got)
		m.transformEdge(p, &p.tiles[0], m.axis(extent{size: 8 * n}), m.axis(extent{size: 8 * n}), &want)
		for i := range got {
			if d := got[i] - want[i]; d < -1 || d > 1 {
				t.Fatalf("round %d, 1/%d: coefficient %d is %d, want %d", round, n, i, got[i], want[i])
			}
		}
	}
}
