package jpegdct

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
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

// randomDC returns a table of the sizes 0..15, some of which only 12-bit samples have.
func randomDC(random *rand.Rand) *huffman {
	var f frequencies
	for size := range 16 {
		f[size] = 1 + random.IntN(1<<random.IntN(12))
	}
	return f.huffman()
}

// randomBounds returns bounds that most values do not exceed.
func randomBounds(random *rand.Rand) *bounds {
	var b bounds
	for k := range b {
		if b[k] = int16(random.IntN(1 << random.IntN(16))); random.IntN(4) == 0 {
			b[k] = math.MaxInt16
		}
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
	if !hasAssembly {
		t.Log("no assembly: the functions in Go are compared")
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
		if round%5 == 0 {
			dc = randomDC(random)
		}
		weak := randomBounds(random)
		values, bounds := newValueTable(ac, weak), newValueBounds(weak)
		skip, suspicious := newSkipTable(dc, ac, 10+round%3, nil), newSkipTable(dc, ac, 10+round%3, weak)
		place := naturalPlaces(1 + round%8)
		mcu := newMCUSkipper([]*skipTable{skip, skip, newSkipTable(dc, standardAC(true), 10, nil)}[:1+round%3])
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
			var endsGo, endsAsm [3 * maxMCUBlocks]int32
			nGo, nAsm := mcu.skipBlocksGo(buf, pos, safe, endsGo[:]), mcu.skipBlocks(buf, pos, safe, endsAsm[:])
			if nGo != nAsm || !slices.Equal(endsGo[:nGo], endsAsm[:nGo]) {
				t.Fatalf("round %d: %d blocks from %d to %d of % x: Go %d %d, assembly %d %d", round, len(endsGo), pos, safe, buf, nGo, endsGo, nAsm, endsAsm)
			}
			var endsPlain [3 * maxMCUBlocks]int32
			if n := mcu.skipBlocksPlain(buf, pos, safe, endsPlain[:]); n != nGo || !slices.Equal(endsGo[:n], endsPlain[:n]) {
				t.Fatalf("round %d: %d blocks from %d to %d of % x: with entries %d %d, without %d %d", round, len(endsGo), pos, safe, buf, nGo, endsGo, n, endsPlain)
			}
			blocks += nGo
			for limit := round % 7; limit < 64; limit += 7 {
				for _, skip := range []*skipTable{skip, suspicious} {
					bounds := bounds
					if skip != suspicious || limit > valueLastPair { // else the twins do not skip the same
						bounds = unbounded
					}
					a, b := make([]tile, 1), make([]tile, 1)
					run := newBlockRun(newBlockReader(&scanComponent{dc: dc, ac: ac}, values, skip, limit, bounds), &place)
					twin := newBlockReader(&scanComponent{dc: dc, ac: ac}, values, skip, limit, bounds)
					want := twin.readGo(buf, pos, &a[0].low, &place)
					got := run.readOne(buf, pos, b)
					if want != got || want > 0 && (*run.blocks[0].reader.pred != *twin.pred || upTo(limit, &a[0].low, &place) != upTo(limit, &b[0].low, &place)) {
						t.Fatalf("round %d: a block up to %d at %d of % x:\nGo:   %d %v\nassembly: %d %v", round, limit, pos, buf, want, a, got, b)
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
		table := newValueTable(randomHuffman(random), nil)
		for range 2000 {
			w := random.Uint64()
			e := table.entries[w>>(64-valueIndexBits)]
			first := table.symbolEntry(w)
			if uint8(e) == valueSlow&255 {
				continue
			}
			if first == 0 || e>>8&255 != first>>8&255 {
				t.Fatalf("entry %x for %x, whose first symbol is %x", e, w, first)
			}
			bits, advance, v := first&63, first>>16&127, first>>48
			switch size := e >> valueSizeShift & 255; {
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

// TestRunTwins: with random tables and data, blockRun.read and its twin in Go read the same
// blocks of an MCU with two readers, and stop at the same block for the same reason.
func TestRunTwins(t *testing.T) {
	needAssembly(t)
	random := rand.New(rand.NewPCG(5, 6))
	results := map[int]int{}
	for round := range 4000 {
		s := newScaling([]int{2, 4, 8}[round%3])
		c := &scanComponent{dc: standardDC(round%2 == 1), ac: standardAC(round%2 == 1)}
		if round%4 == 0 {
			c.ac = randomHuffman(random)
		}
		if round%5 == 1 {
			c.dc = randomDC(random)
		}
		weak := randomBounds(random)
		skip := newSkipTable(nil, c.ac, 10, weak)
		values, bounds := newValueTable(c.ac, weak), newValueBounds(weak)
		if round%5 == 0 {
			bounds = unbounded
		}
		cut := random.IntN(40)
		newRun := func() *blockRun {
			r := &blockRun{}
			for i, reader := range []*blockReader{
				newBlockReader(c, values, skip, s.limit, bounds),
				newBlockReader(c, values, skip, s.limit, unbounded),
			} {
				for dx := range 2 - i {
					r.blocks = append(r.blocks, runBlock{
						reader: reader, tiles: make([]tile, 20), places: s.place[:s.n],
						shift: uint(bits.TrailingZeros(uint(s.n))), column: dx, h: 2 - i, cut: 10 + cut,
					})
				}
			}
			return r
		}
		buf := make([]byte, 40+maxMCUBytes)
		for i := range buf {
			bits := random.Uint32()
			if round%4 > 0 { // short codes of few zeros and small values
				bits &= bits >> 8 & bits >> 16
			}
			buf[i] = byte(bits)
		}
		a, b := newRun(), newRun()
		pos, mcus, safe := random.IntN(64), 1+random.IntN(12), 64+random.IntN(256)
		a.start(pos, mcus)
		b.start(pos, mcus)
		got, want := a.read(buf, safe), b.readGo(buf, safe)
		if got != want || a.at != b.at || a.mcus != b.mcus || a.pos != b.pos {
			t.Fatalf("round %d: the assembly returns %d at block %d, %d MCUs left, position %d; Go %d, %d, %d, %d",
				round, got, a.at, a.mcus, a.pos, want, b.at, b.mcus, b.pos)
		}
		for i := range a.blocks {
			x, y := &a.blocks[i], &b.blocks[i]
			if x.column != y.column || got != readInvalid && *x.reader.pred != *y.reader.pred {
				t.Fatalf("round %d: block %d: the assembly is at column %d with the DC coefficient %d, Go at %d with %d",
					round, i, x.column, *x.reader.pred, y.column, *y.reader.pred)
			}
			for n := range x.column >> x.shift {
				if got == 0 && [64]int16(x.tiles[n].low[:]) != [64]int16(y.tiles[n].low[:]) {
					t.Fatalf("round %d: block %d, tile %d:\nassembly: %v\nGo:   %v", round, i, n, x.tiles[n], y.tiles[n])
				}
			}
		}
		results[got]++
	}
	for result, least := range map[int]int{0: 500, readInvalid: 10, readLarge: 500} {
		if results[result] < least {
			t.Errorf("%d runs returned %d, want at least %d", results[result], result, least)
		}
	}
}

// TestLongestCodes: blockRun.read and its twin read blocks whose DC coefficients and last values
// have the most bits that entries of their tables may have, and those with longer codes.
func TestLongestCodes(t *testing.T) {
	needAssembly(t)
	random := rand.New(rand.NewPCG(7, 8))
	c := &scanComponent{
		dc: &huffman{counts: [16]uint8{8: 2}, values: []byte{11, 15}},
		ac: &huffman{counts: [16]uint8{9: 2, 11: 2, 15: 1}, values: []byte{0xFF, 0xEF, 0xF0, 0x00, 0x1F}},
	}
	type code struct {
		bits   uint32
		length int
	}
	dcs := []code{{0, 9}, {1, 9}}
	acs := map[byte]code{0xFF: {0, 10}, 0xEF: {1, 10}, 0xF0: {8, 12}, 0x00: {9, 12}, 0x1F: {160, 16}}
	kinds := [][]byte{
		{0xFF, 0xFF, 0xFF, 0xEF}, // 3 x 16 + 15 coefficients
		{0xF0, 0x1F, 0xF0, 0xFF, 0x00},
		{0x1F, 0x1F, 0xF0, 0xF0, 0xFF, 0x00},
		{0x00},
	}
	values, skip, place := newValueTable(c.ac, nil), newSkipTable(nil, c.ac, skipBits, nil), naturalPlaces(8)
	for range 200 {
		const blocks = 8
		var buf [blocks*20 + maxMCUBytes]byte
		start := random.IntN(64)
		pos := start
		put := func(c code) {
			for n := c.length; n > 0; n-- {
				buf[pos>>3] |= byte(c.bits>>(n-1)&1) << (7 - pos&7)
				pos++
			}
		}
		for range blocks {
			dc := random.IntN(2)
			put(dcs[dc])
			put(code{random.Uint32(), int(c.dc.values[dc])})
			for _, symbol := range kinds[random.IntN(len(kinds))] {
				put(acs[symbol])
				put(code{random.Uint32(), int(symbol & 15)})
			}
		}
		for _, limit := range []int{0, 24, 63} {
			var tiles [2][]tile
			for i := range tiles {
				tiles[i] = make([]tile, blocks)
				r := newBlockRun(newBlockReader(c, values, skip, limit, unbounded), &place)
				r.blocks[0].tiles, r.blocks[0].h = tiles[i], 1
				r.start(start, blocks)
				result := 0
				if i == 0 {
					result = r.readGo(buf[:], pos)
				} else {
					result = r.read(buf[:], pos)
				}
				if result != 0 || r.pos != pos {
					t.Fatalf("up to %d: twin %d returns %d and ends at %d, want 0 and %d", limit, i, result, r.pos, pos)
				}
			}
			if !slices.Equal(tiles[0], tiles[1]) {
				t.Fatalf("up to %d:\nGo:       %v\nassembly: %v", limit, tiles[0], tiles[1])
			}
		}
	}
}
