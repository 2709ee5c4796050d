package jpegdct

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestACTwins: writeACSymbols in assembly and in Go write the same bits.
func TestACTwins(t *testing.T) {
	needAssembly(t)
	random := rand.New(rand.NewPCG(7, 8))
	codes := []*acCodes{newACCodes(standardAC(false)), newACCodes(standardAC(true)), newACCodes(randomHuffman(random))}
	for round := range 20000 {
		var block coefBlock
		order := uint64(0)
		for range random.IntN(1 + round%64) {
			k := 1 + random.IntN(63)
			size := random.IntN(11)
			block[zigzag[k]] = int16(random.IntN(1<<size) - 1<<size/2)
			order |= 1 << k
		}
		c := codes[round%len(codes)]
		a, b := newBitWriter(nil, 0), newBitWriter(nil, 0)
		for _, w := range []*bitWriter{&a, &b} {
			w.writeBits(5, uint(3+round%9))
		}
		lastA, lastB := a.writeACSymbolsGo(c, &block, order), b.writeACSymbols(c, &block, order)
		a.align()
		b.align()
		if lastA != lastB || !bytes.Equal(a.buf, b.buf) {
			t.Fatalf("round %d, order %x, block %v:\nGo:   %d % x\nassembly: %d % x", round, order, block, lastA, a.buf, lastB, b.buf)
		}
	}
}
