package vp8l

import (
	"math"
	"math/bits"
)

// The kinds of symbols, each with a prefix code, in the order of the codes (section 6.2).
const (
	kindGreen = iota // green, lengths of copies, indices of the colour cache
	kindRed
	kindBlue
	kindAlpha
	kindDistance
	symbolKinds
)

const (
	lengthSymbols   = 24
	distanceSymbols = 40
	firstLength     = 256 // symbol of kindGreen
	firstCached     = firstLength + lengthSymbols
)

// A histogram counts the symbols of each kind.
type histogram struct {
	green            []uint32 // with the lengths of copies and the indices of the cache
	red, blue, alpha [256]uint32
	distance         [distanceSymbols]uint32
	extraBits        int // of lengths and distances
}

func (h *histogram) counts() [symbolKinds][]uint32 {
	return [...][]uint32{kindGreen: h.green, kindRed: h.red[:], kindBlue: h.blue[:], kindAlpha: h.alpha[:], kindDistance: h.distance[:]}
}

// count counts the symbols that an image takes with a colour cache of 1 << cacheBits
// pixels, or none if cacheBits is 0.
func count(pix []uint32, width int, copies []backwardRef, cacheBits int) *histogram {
	h := &histogram{green: make([]uint32, firstCached)}
	cache := newColourCache(cacheBits)
	if cache != nil {
		h.green = make([]uint32, firstCached+1<<cacheBits)
	}
	distances := newDistanceCodes(width)
	at := 0
	for _, c := range copies {
		h.addLiterals(pix[at:c.at], cache)
		length, distance := prefix(int(c.length)), prefix(distances.code(int(c.distance)))
		h.green[firstLength+length.symbol]++
		h.distance[distance.symbol]++
		h.extraBits += length.bits + distance.bits
		at = int(c.at + c.length)
		cache.insertAll(pix[c.at:at])
	}
	h.addLiterals(pix[at:], cache)
	return h
}

// addLiterals counts pixels that are no copies.
func (h *histogram) addLiterals(pix []uint32, cache *colourCache) {
	for _, p := range pix {
		if cache != nil {
			i, hit := cache.insert(p)
			if hit {
				h.green[firstCached+i]++
				continue
			}
		}
		h.green[p>>8&255]++
		h.red[p>>16&255]++
		h.blue[p&255]++
		h.alpha[p>>24]++
	}
}

// cost returns about how many bits the symbols take.
func (h *histogram) cost() float64 {
	total := float64(h.extraBits)
	for _, counts := range h.counts() {
		total += entropy(counts)
	}
	return total
}

// entropy returns how many bits symbols take at least, and a few for each one that is used.
func entropy(counts []uint32) float64 {
	sum, bits := 0.0, 0.0
	for _, n := range counts {
		if n > 0 {
			sum += float64(n)
			bits += 5 - float64(float64(n)*math.Log2(float64(n)))
		}
	}
	if sum > 0 {
		bits += float64(sum * math.Log2(sum))
	}
	return bits
}

// A prefixed is a length or a distance as it is written: a symbol, and a number in the
// bits that follow (section 5.2.2).
type prefixed struct {
	symbol, bits int
	extra        uint64
}

func prefix(v int) prefixed {
	if v < 5 {
		return prefixed{symbol: v - 1}
	}
	v--
	n := bits.Len(uint(v)) - 2 // the two highest bits are in the symbol
	return prefixed{symbol: 2*n + v>>n, bits: n, extra: uint64(v & (1<<n - 1))}
}
