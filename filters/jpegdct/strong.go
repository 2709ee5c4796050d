package jpegdct

import (
	"math"
	"math/bits"
)

// A strength has the least absolute values, dequantised, of a strong coefficient, by the
// larger one of its two frequencies.
type strength struct {
	stripes [8]int // if the other frequency is 0: coefficients of rows and columns
	others  [8]int
}

// A coefficient of rows or columns is isolated if the run in its symbol (T.81, F.1.2.2) is at
// least isolatedRun. It is strong from a fourth of the least value on, because faint stripes
// have such coefficients, and few blocks of photos do. The run is the number of coefficients
// before it that are 0, modulo 16: what another symbol has counted is not known when the rest
// of a block is skipped. So the one coefficient of a block that is not DC is not isolated if it
// is in the first column and has a frequency of 5 to 7.
const (
	isolatedRun   = 8
	isolatedShift = 2 // binary logarithm of 4
)

// With lower values Scale is slower, and photos gain little. With higher values some patterns
// become worse than a mean of n x n samples makes them: see TestPatternsAsDjpeg of package
// filters. Those are mostly stripes, whose highest frequencies are rare in photos. By 1/8
// the filter is the mean, which is the lowest frequency.
var (
	strongHalf    = strength{[8]int{4: 75, 55, 40, 40}, [8]int{4: 80, 80, 80, 34}}
	strongQuarter = strength{[8]int{2: 375, 300, 150, 78, 50, 50}, [8]int{2: 375, 300, 150, 90, 90, 90}}
)

// least returns the least absolute value of a strong coefficient with the frequencies u and v.
func (s *strength) least(u, v uint8) int {
	if u == 0 || v == 0 {
		return s.stripes[max(u, v)]
	}
	return s.others[max(u, v)]
}

// bounds has the largest absolute value that a coefficient of a weak block has: a block
// without a strong coefficient. It is column by column.
type bounds [64]int16

// bounds returns the bounds for blocks quantised with q. Those of the lowest frequencies are
// values that no coefficient exceeds.
func (s *scaling) bounds(q *QuantTable) (weak bounds) {
	for k, at := range s.whole[:64] {
		weak[at] = math.MaxInt16
		if s.strong != nil && s.lowest>>at&1 == 0 && q[k] > 0 {
			weak[at] = int16((s.strong.least(zigzag[k]&7, zigzag[k]>>3) - 1) / int(q[k]))
		}
	}
	return weak
}

// at returns the bound for the zigzag index k.
func (b *bounds) at(k int) int16 { return b[columnwise(k)] }

// columnwise returns the position of the zigzag index k in a block that is column by column.
func columnwise(k int) uint8 { return zigzag[k]&7*8 + zigzag[k]>>3 }

// isolated returns the bounds for isolated coefficients, if b has those for others.
func (b *bounds) isolated() *bounds {
	isolated := *b
	for u := range 8 {
		for _, at := range [...]int{u, 8 * u} {
			if b[at] < math.MaxInt16 {
				isolated[at] = b[at] >> isolatedShift
			}
		}
	}
	return &isolated
}

// exceededByIsolated reports whether an isolated coefficient of c exceeds its bound. Bit k of
// nonzero is set if the coefficient with the zigzag index k is not 0, k > 0.
func (b *bounds) exceededByIsolated(c *coefs, nonzero uint64) bool {
	for rest := nonzero & stripeIndices; rest != 0; rest &= rest - 1 {
		k := bits.TrailingZeros64(rest)
		run := k - bits.Len64(nonzero&(1<<k-1)|1)
		if v, most := c[columnwise(k)], b.at(k); run&15 >= isolatedRun && (v > most || -v > most) {
			return true
		}
	}
	return false
}

// stripeIndices has a bit for each zigzag index of the first row and the first column.
var stripeIndices = func() (mask uint64) {
	for u := range 8 {
		mask |= 1<<unzigzag[u] | 1<<unzigzag[8*u]
	}
	return mask
}()

// exceededGo is exceeded in Go.
func (b *bounds) exceededGo(c *coefs) bool {
	for i, most := range b {
		if v := c[i]; v > most || -v > most {
			return true
		}
	}
	return false
}

// valueBounds are bounds for the absolute values of coefficients, by zigzag index.
// The assembly depends on bound being the first field.
type valueBounds struct {
	bound    [2 * isolatedBounds]uint16 // from 64 on, which a valueTable may produce, none is exceeded
	twice    [2 * isolatedBounds]uint16 // 2*bound, for one comparison instead of two
	suspect  suspects                   // values that are skipped
	doubtful suspects                   // values that are read
}

// isolatedBounds is where the bounds for isolated coefficients begin, which are as many again.
const isolatedBounds = 128

// suspects has, by zigzag index, the least low byte of an entry whose last value may exceed its
// bound. Such a byte begins with the class of the value. In valueBounds.suspect, for entries of
// a skipTable, the index is that of the coefficient after the value; in doubtful, for entries of
// a valueTable, that of the value.
type suspects [256]uint8

// noSuspect is for coefficients without a bound. No class is as high, but valueSlow is.
const noSuspect = 255

// newValueBounds makes the bounds for those that are column by column. They are at most
// 32767, which no value exceeds.
func newValueBounds(weak *bounds) *valueBounds {
	b := new(valueBounds)
	for k := range b.suspect {
		b.suspect[k], b.doubtful[k] = noSuspect, noSuspect
	}
	skips, values := weak.skipClasses(), weak.valueClasses()
	for i := range b.bound {
		b.bound[i], b.twice[i] = math.MaxInt16, 2*math.MaxInt16
	}
	isolated := weak.isolated()
	for k := range zigzag {
		b.set(k, weak.at(k))
		b.set(isolatedBounds+k, isolated.at(k))
		if bound := weak.at(k); bound < math.MaxInt16 {
			above := level(int(bound) + 1)
			b.suspect[k+1], b.doubtful[k] = skips[above]<<skipClassShift, values[above]<<valueClassShift
		}
	}
	return b
}

func (b *valueBounds) set(i int, bound int16) {
	b.bound[i], b.twice[i] = uint16(bound), 2*uint16(bound)
}

// unbounded has a bound that no value exceeds for each index.
var unbounded = func() *valueBounds {
	var none bounds
	for i := range none {
		none[i] = math.MaxInt16
	}
	return newValueBounds(&none)
}()

// exceeded reports whether the absolute value of v exceeds the bound for the index k. Its
// symbol advances the index by advance.
func (b *valueBounds) exceeded(k, advance int, v uint16) bool {
	i := k & 127
	if advance > isolatedRun {
		i += isolatedBounds
	}
	return v+b.bound[i] > b.twice[i]
}
