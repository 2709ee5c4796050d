package icc

import (
	"encoding/binary"
	"math"
)

// A curve is a function from 0..1 to 0..1 as its values at equal distances, at
// least two. Between them it is straight.
type curve []float32

// at returns the value at x; outside of 0..1, the first or the last one.
func (c curve) at(x float32) float32 {
	if !(x > 0) { // x may be NaN
		return c[0]
	}
	if x >= 1 {
		return c[len(c)-1]
	}
	f := float32(x * float32(len(c)-1))
	i := int(f)
	return c[i] + float32((f-float32(i))*(c[i+1]-c[i]))
}

// bends tells whether some value differs from x by more than half a step of 16 bits.
func (c curve) bends() bool {
	const most = 0.5 / 65535
	for i, v := range c {
		if d := v - float32(i)/float32(len(c)-1); d > most || d < -most {
			return true
		}
	}
	return false
}

const (
	// functionKnots is enough knots of a function for an error below a step of
	// 16 bits. All values of 8 bits are knots.
	functionKnots = 4*255 + 1
	maxKnots      = 1 << 16
)

// newCurve returns a curve with n knots of f.
func newCurve(n int, f func(x float64) float64) curve {
	c := make(curve, n)
	for i := range c {
		c[i] = unit(f(float64(i) / float64(n-1)))
	}
	return c
}

// unit clips a value to 0..1. NaN, which is no value, becomes 0.
func unit(v float64) float32 {
	if !(v > 0) {
		return 0
	}
	return float32(min(v, 1))
}

// A storedCurve is a curve as a profile has it: a formula, which takes time to compute, or
// knots.
type storedCurve struct {
	formula func(x float64) float64 // nil if there is none
	knots   curve                   // those of a formula are made when needed
}

// at returns the value at x, 0..1.
func (s *storedCurve) at(x float32) float32 {
	if s.formula != nil {
		return unit(s.formula(float64(x)))
	}
	return s.knots.at(x)
}

// curve returns the knots.
func (s *storedCurve) curve() curve {
	if s.knots == nil {
		s.knots = newCurve(functionKnots, s.formula)
	}
	return s.knots
}

// readCurve reads a curve at the beginning of data, and returns how many bytes it
// takes.
func readCurve(data []byte) (c storedCurve, size int, err error) {
	if len(data) < 12 {
		return c, 0, unusable("a curve is cut off")
	}
	switch kind := string(data[:4]); kind {
	case "curv":
		return readSampled(data)
	case "para":
		return readParametric(data)
	default:
		return c, 0, unusable("a curve of type %q", kind)
	}
}

// readSampled reads a curveType (section 10.6): nothing, an exponent, or values.
func readSampled(data []byte) (c storedCurve, size int, err error) {
	n := int(binary.BigEndian.Uint32(data[8:]))
	if n > maxKnots || 12+2*n > len(data) {
		return c, 0, unusable("a curve of %d values", n)
	}
	switch n {
	case 0:
		c.knots = curve{0, 1}
	case 1:
		g := float64(binary.BigEndian.Uint16(data[12:])) / 256
		c.formula = func(x float64) float64 { return math.Pow(x, g) }
	default:
		c.knots = values(data[12:12+2*n], 2)
	}
	return c, 12 + 2*n, nil
}

// readParametric reads a parametricCurveType (section 10.18).
func readParametric(data []byte) (c storedCurve, size int, err error) {
	function := int(binary.BigEndian.Uint16(data[8:]))
	if function > 4 {
		return c, 0, unusable("a parametric curve of type %d", function)
	}
	count := [...]int{1, 3, 4, 5, 7}[function]
	size = 12 + 4*count
	if size > len(data) {
		return c, 0, unusable("a curve is cut off")
	}
	var v [7]float64
	for i := range count {
		v[i] = float64(fixed(data[12+4*i:]))
	}
	g, a, b, c0, d, e, f := v[0], v[1], v[2], v[3], v[4], v[5], v[6]
	power := func(x float64) float64 { return math.Pow(float64(a*x)+b, g) }
	switch function {
	case 0:
		c.formula = func(x float64) float64 { return math.Pow(x, g) }
	case 1, 2: // c0 is 0 in the first
		c.formula = func(x float64) float64 {
			if float64(a*x)+b >= 0 {
				return power(x) + c0
			}
			return c0
		}
	default: // e and f are 0 in the third
		c.formula = func(x float64) float64 {
			if x >= d {
				return power(x) + e
			}
			return float64(c0*x) + f
		}
	}
	return c, size, nil
}

// values reads samples of 1 or 2 bytes as parts of the largest one.
func values(data []byte, width int) []float32 {
	all := make([]float32, len(data)/width)
	for i := range all {
		if width == 1 {
			all[i] = float32(data[i]) / 255
		} else {
			all[i] = float32(binary.BigEndian.Uint16(data[2*i:])) / 65535
		}
	}
	return all
}
