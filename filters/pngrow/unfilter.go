package pngrow

import "encoding/binary"

// The filter types (section 9.2). filterTypes is their number.
const (
	filterNone = iota
	filterSub
	filterUp
	filterAverage
	filterPaeth
	filterTypes
)

// unfilterSlack is how many bytes behind a row unfilter may read and write: it
// loads and stores 8 bytes for a pixel of any size.
const unfilterSlack = 8

// unfilter reconstructs the row dst from the filtered row src and the row above
// (section 9.2). All three have unfilterSlack bytes behind the row. A pixel has unit
// bytes; unit is 1 for pixels of less than a byte. unfilter reports whether kind is
// a filter type.
func unfilter(kind byte, dst, src, above []byte, unit int) bool {
	n := len(dst) - unfilterSlack
	src, above = src[:len(dst)], above[:len(dst)]
	switch kind {
	case filterNone:
		copy(dst[:n], src)
	case filterSub:
		unfilterSub(dst, src, unit)
	case filterUp:
		for i := 0; i < n; i += 8 {
			store(dst, i, add(load(src, i), load(above, i)))
		}
	case filterAverage:
		unfilterAverage(dst, src, above, unit)
	case filterPaeth:
		unfilterPaeth(dst, src, above, unit)
	default:
		return false
	}
	return true
}

func unfilterSub(dst, src []byte, unit int) {
	var left uint64
	for i := 0; i < len(dst)-unfilterSlack; i += unit {
		left = add(left, load(src, i))
		store(dst, i, left)
	}
}

func unfilterAverage(dst, src, above []byte, unit int) {
	var left uint64
	for i := 0; i < len(dst)-unfilterSlack; i += unit {
		left = add(average(left, load(above, i)), load(src, i))
		store(dst, i, left)
	}
}

// unfilterPaethGo is unfilterPaeth without assembly.
func unfilterPaethGo(dst, src, above []byte, unit int) {
	n := len(dst) - unfilterSlack
	for i := range min(unit, n) {
		dst[i] = src[i] + above[i] // the predictor of 0, b and 0 is b
	}
	for i := unit; i < n; i++ {
		dst[i] = src[i] + paethPredictor(dst[i-unit], above[i], above[i-unit])
	}
}

// paethPredictor returns the one of a (left), b (above) and c (above left) that is
// nearest to a+b-c (section 9.4). The choice depends only on where 3c-a-b lies:
// below, between or above the lower and the higher of a and b. A test covers all
// values.
func paethPredictor(a, b, c byte) byte {
	low, high := int(min(a, b)), int(max(a, b))
	t := 3*int(c) - int(a) - int(b)
	nearest := int(c)
	if high <= t {
		nearest = low
	}
	if t <= low {
		nearest = high
	}
	return byte(nearest)
}

// The functions below work on words of eight bytes, each byte on its own.

func load(p []byte, i int) uint64     { return binary.LittleEndian.Uint64(p[i:]) }
func store(p []byte, i int, v uint64) { binary.LittleEndian.PutUint64(p[i:], v) }

const (
	low7 = 0x7f7f7f7f7f7f7f7f
	top  = 0x8080808080808080
)

// add returns the sum of each pair of bytes, modulo 256.
func add(x, y uint64) uint64 { return (x&low7 + y&low7) ^ (x^y)&top }

// average returns half the sum of each pair of bytes, rounded down.
func average(x, y uint64) uint64 { return x&y + (x^y)>>1&low7 }
