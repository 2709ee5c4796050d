package vp8l

// putPrefixCode writes a code: its one or two symbols, or the lengths of its codes
// (section 6.2.1).
func (w *bitWriter) putPrefixCode(c *prefixCode) {
	if c.used > 2 || c.symbols[0] > 255 || c.symbols[1] > 255 {
		w.putBool(false)
		w.putLengths(c)
		return
	}
	w.putBool(true)
	w.putBool(c.used == 2)
	isLong := c.symbols[0] > 1
	w.putBool(isLong)
	if isLong {
		w.put(uint64(c.symbols[0]), 8)
	} else {
		w.put(uint64(c.symbols[0]), 1)
	}
	if c.used == 2 {
		w.put(uint64(c.symbols[1]), 8)
	}
}

// Lengths from 0 to 15 are symbols of a code of their own, together with three kinds of
// runs.
const (
	runBefore    = 16 // the last length that was not 0, 3 to 6 times
	runZeros     = 17 // 3 to 10 times
	runManyZeros = 18 // 11 to 138 times
	runSymbols   = 19
)

// runs are the kinds of runs: the shortest one, and the bits of the number that follows.
var runs = [runSymbols]struct{ shortest, bits int }{runBefore: {3, 2}, runZeros: {3, 3}, runManyZeros: {11, 7}}

// lengthOrder is the order in which the lengths of the code of lengths are stored.
var lengthOrder = [runSymbols]int{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}

// A lengthSymbol is a length, or a run with its length less the shortest one.
type lengthSymbol struct{ symbol, extra int }

// putLengths writes the lengths of a code, by a code of their own.
func (w *bitWriter) putLengths(c *prefixCode) {
	symbols := symbolsOfLengths(c)
	counts := make([]uint32, runSymbols)
	for _, s := range symbols {
		counts[s.symbol]++
	}
	const maxLength = 7
	lengths := limitedCode(counts, maxLength)
	stored := runSymbols
	for stored > 4 && counts[lengthOrder[stored-1]] == 0 {
		stored--
	}
	w.put(uint64(stored-4), 4)
	for _, s := range lengthOrder[:stored] {
		n := lengths.codes[s].length
		if lengths.used == 1 && counts[s] > 0 {
			n = 1
		}
		w.put(uint64(n), 3)
	}
	w.putBool(false) // lengths of all symbols follow
	for _, s := range symbols {
		k := lengths.codes[s.symbol]
		w.put(uint64(k.bits), int(k.length))
		w.put(uint64(s.extra), runs[s.symbol].bits)
	}
}

// symbolsOfLengths returns the lengths of a code as symbols.
func symbolsOfLengths(c *prefixCode) (symbols []lengthSymbol) {
	length := func(s int) int {
		if c.used == 1 && s == c.symbols[0] {
			return 1
		}
		return int(c.codes[s].length)
	}
	before := 8 // as the decoder begins
	for s := 0; s < len(c.codes); {
		n := length(s)
		run := 1
		for s+run < len(c.codes) && length(s+run) == n {
			run++
		}
		s += run
		if n != 0 && n != before {
			symbols = append(symbols, lengthSymbol{symbol: n})
			run--
			before = n
		}
		for run > 0 {
			kind := runBefore
			switch {
			case n == 0 && run >= runs[runManyZeros].shortest:
				kind = runManyZeros
			case n == 0:
				kind = runZeros
			}
			k := runs[kind]
			if run < k.shortest {
				symbols = append(symbols, lengthSymbol{symbol: n})
				run--
				continue
			}
			taken := min(run, k.shortest+1<<k.bits-1)
			symbols = append(symbols, lengthSymbol{kind, taken - k.shortest})
			run -= taken
		}
	}
	return symbols
}
