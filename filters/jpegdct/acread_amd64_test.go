//go:build !noasm

package jpegdct

import (
	"math/rand/v2"
	"slices"
	"testing"

	"imgpipe/filters/internal/x86"
)

// randomHuffman returns a table of random symbols, EOB among them.
func randomHuffman(random *rand.Rand) *huffman {
	var f frequencies
	f[0] = 1 + random.IntN(1<<20)
	for range random.IntN(200) {
		f[random.IntN(256)] = 1 << random.IntN(20)
	}
	return f.huffman()
}

// randomBounds returns bounds that most values do not exceed.
func randomBounds(random *rand.Rand) *bounds {
	var b bounds
	for k := range b {
		b[k] = int16(random.IntN(1 << random.IntN(16)))
	}
	return &b
}

// upTo returns the coefficients of c up to a zigzag index.
func upTo(limit int, c *coefs, place *places) (kept [64]int16) {
	for k := range limit + 1 {
		kept[k] = c[place[k]]
		if place[k] == coefJunk {
			kept[k] = 0
		}
	}
	return kept
}

// TestReadTwins: with random tables and data, skipBlocks and blockReader.read in assembly and in
// Go, and skipBlocks without entries, read the same coefficients and end at the same
// position; blocks with all limits.
func TestReadTwins(t *testing.T) {
	if !x86.HasBMI2 {
		t.Skip("no BMI2")
	}
	random := rand.New(rand.NewPCG(3, 4))
	ends, blocks, larges := 0, 0, 0
	rounds := 300
	if testing.Short() {
		rounds = 60
	}
	for round := range rounds {
		ac, dc := randomHuffman(random), standardDC(round%2 == 1)
		if round%3 == 0 {
			ac = standardAC(round%2 == 1)
		}
		values, skip := newValueTable(ac), newSkipTable(dc, ac, 10+round%3, anySize)
		skipSmall := newSkipTable(dc, ac, 10+round%3, 1+round%5)
		place := naturalPlaces(1 + round%8)
		mcu := newMCUSkipper([]*skipTable{skip, skip, newSkipTable(dc, standardAC(true), 10, anySize)}[:1+round%3])
		buf := make([]byte, 8+maxMCUBytes)
		for range 200 {
			for i := range buf {
				buf[i] = byte(random.UintN(256))
				if round%4 == 0 {
					buf[i] &= byte(random.UintN(256))
				}
			}
			pos := random.IntN(64)
			safe := pos + random.IntN((len(buf)-maxBlockBytes)*8-pos)
			var endsGo, endsBMI2 [3 * maxMCUBlocks]int32
			nGo, nBMI2 := mcu.skipBlocksGo(buf, pos, safe, endsGo[:]), mcu.skipBlocks(buf, pos, safe, endsBMI2[:])
			if nGo != nBMI2 || !slices.Equal(endsGo[:nGo], endsBMI2[:nGo]) {
				t.Fatalf("round %d: %d blocks from %d to %d of % x: Go %d %d, BMI2 %d %d", round, len(endsGo), pos, safe, buf, nGo, endsGo, nBMI2, endsBMI2)
			}
			var endsPlain [3 * maxMCUBlocks]int32
			if n := mcu.skipBlocksPlain(buf, pos, safe, endsPlain[:]); n != nGo || !slices.Equal(endsGo[:n], endsPlain[:n]) {
				t.Fatalf("round %d: %d blocks from %d to %d of % x: with entries %d %d, without %d %d", round, len(endsGo), pos, safe, buf, nGo, endsGo, n, endsPlain)
			}
			blocks += nGo
			for limit := round % 7; limit < 64; limit += 7 {
				for i, skip := range []*skipTable{skip, skip, skipSmall} {
					bounds := unbounded
					if i > 0 && limit <= valueLastPair { // else the twins do not skip the same
						bounds = newValueBounds(randomBounds(random), skip.large)
					}
					var a, b coefs
					twin := newBlockReader(&scanComponent{dc: dc, ac: ac}, values, skip, limit, bounds)
					reader := *twin
					want := twin.readGo(buf, pos, &a, &place)
					got := reader.read(buf, pos, &b, &place)
					if want != got || want > 0 && (reader.pred != twin.pred || upTo(limit, &a, &place) != upTo(limit, &b, &place)) {
						t.Fatalf("round %d: a block up to %d at %d of % x:\nGo:   %d %v\nBMI2: %d %v", round, limit, pos, buf, want, a, got, b)
					}
					switch {
					case got > 0:
						ends++
					case got == readLarge:
						larges++
					}
				}
			}
		}
	}
	if ends < 10000 || blocks < 10000 || larges < 10000 {
		t.Errorf("%d blocks were read, %d skipped, and %d had large values, want at least 10000 each", ends, blocks, larges)
	}
}

// TestValueTable: an entry of two symbols has the values of the two read one by one.
func TestValueTable(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		table := newValueTable(randomHuffman(random))
		for range 2000 {
			w := random.Uint64()
			e := table.entries[w>>(64-valueIndexBits)]
			first := table.symbolEntry(w)
			if e&valueSlow != 0 {
				continue
			}
			if first == 0 || e>>8&127 != first>>8&127 {
				t.Fatalf("entry %x for %x, whose first symbol is %x", e, w, first)
			}
			bits, advance, v := first&63, first>>16&127, first>>48
			switch size := e >> valueSizeShift & 15; {
			case size != 0:
				rest := w << (e&63 - size) >> (64 - size)
				e = e&^(0xFFFFFFFF<<32) | uint64(uint16(e>>48+rest))<<48 | uint64(uint16(e>>32+rest))<<32
			case e&63 != bits:
				second := table.symbolEntry(w << bits)
				bits, advance, v = bits+second&63, advance+second>>16&127, second>>48
				if second&63+first&63 != e&63 {
					t.Fatalf("entry %x for %x, whose symbols are %x and %x", e, w, first, second)
				}
			}
			if e>>32&0xFFFF != first>>32&0xFFFF || e>>48 != v || e>>16&127 != advance || e&63 != bits {
				t.Fatalf("entry %x for %x: bits %d advance %d value %d", e, w, bits, advance, int16(v))
			}
		}
	}
}
