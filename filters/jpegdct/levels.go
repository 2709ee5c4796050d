package jpegdct

import (
	"math"
	"math/bits"
)

// The level of a coefficient is a coarse logarithm of its absolute value: twice the number
// of bits, and 1 more if the two highest bits are set. Tables know it of a value that they
// do not decode.

// level returns the level of v, which is not negative.
func level(v int) int {
	size := bits.Len(uint(v))
	if size < 2 {
		return 2 * size
	}
	return 2*size + v>>(size-2)&1
}

// codedLevel returns the level of the value of an AC symbol (T.81, F.1.2.2), or the largest
// that it may have: w has the n bits after its code. The level of a value that may be isolated
// is that of its multiple, which its bound is a part of.
func codedLevel(symbol byte, w uint32, n int) int {
	run, size := int(symbol>>4), int(symbol&15)
	l := 2 * size
	switch {
	case size == 0:
		return l
	case size > 1 && n < 2:
		l++
	case size > 1:
		positive, next := w>>(n-1)&1, w>>(n-2)&1 // the bits of a negative value are inverted
		l += int(next ^ positive ^ 1)
	}
	if run >= isolatedRun {
		l += 2 * isolatedShift
	}
	return l
}

// levels is a set of levels: bit i is set if it has the level i.
type levels uint64

// least returns the least level.
func (l levels) least() levels { return l & -l }

// thin leaves out every second level from the second highest on, and never the least, until
// there are at most n, which is at least 2. Bounds of low frequencies are the highest, and of
// their levels all are common: a class should begin near each of them.
func (l levels) thin(n int) levels {
	for l.count() > n {
		kept := false
		for i := 63; i > bits.TrailingZeros64(uint64(l)) && l.count() > n; i-- {
			if one := l & (1 << i); one != 0 {
				if kept {
					l &^= one
				}
				kept = !kept
			}
		}
	}
	return l
}

func (l levels) count() int { return bits.OnesCount64(uint64(l)) }

// above returns the levels of the least values above the bounds for the zigzag indices 0..limit.
func (b *bounds) above(limit int) (l levels) {
	for k := range limit + 1 {
		if bound := b.at(k); bound < math.MaxInt16 {
			l |= 1 << level(int(bound)+1)
		}
	}
	return l
}

// classes has a class for each level. A value above a bound has at least the class of the
// least value above it, which is not 0. No bounds, nil, have class 0 only.
type classes [64]uint8

// newClasses makes classes that begin at the levels l.
func newClasses(l levels) (c classes) {
	class := uint8(0)
	for i := range c {
		class += uint8(l >> i & 1)
		c[i] = class
	}
	return c
}

// skipClasses returns the classes of a skipTable.
func (b *bounds) skipClasses() classes {
	if b == nil {
		return classes{}
	}
	return newClasses(b.above(63).thin(skipClasses))
}

// valueClasses returns the classes of a valueTable. It reads few values of higher frequencies
// than those that have no bounds: for these one class is enough.
func (b *bounds) valueClasses() classes {
	if b == nil {
		return classes{}
	}
	limit := 63
	for limit > 0 && b.at(limit) < math.MaxInt16 {
		limit--
	}
	least := b.above(63).least()
	return newClasses(least | (b.above(limit) &^ least).thin(valueClasses-1))
}
