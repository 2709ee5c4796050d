package pixel

import (
	"math"
	"sync"
)

// A TransferCurve converts between sRGB's values (IEC 61966-2-1) and amounts of
// light, both from 0 to the largest value of a sample.
type TransferCurve struct {
	white  float32
	linear []float32               // by value
	coded  [curveKnots + 2]float32 // by the square root of the amount, in which the curve is nearly straight
}

// curveKnots is enough for an error below a tenth of a step of 16 bits.
const curveKnots = 4096

var srgb8, srgb16 struct {
	once  sync.Once
	curve *TransferCurve
}

// SRGB returns sRGB's curve for samples of 8 or 16 bits.
func SRGB(depth int) *TransferCurve {
	srgb := &srgb8
	if depth == 16 { // near black the curve is too steep to interpolate: a table of all values
		srgb = &srgb16
	}
	srgb.once.Do(func() { srgb.curve = newSRGB(depth) })
	return srgb.curve
}

func newSRGB(depth int) *TransferCurve {
	n := 1 << depth
	c := &TransferCurve{white: float32(n - 1), linear: make([]float32, n)}
	for i := range c.linear {
		c.linear[i] = float32(ToLinear(float64(i)/float64(n-1)) * float64(n-1))
	}
	for i := range c.coded {
		root := min(float64(i)/curveKnots, 1)
		c.coded[i] = float32(FromLinear(root*root) * float64(n-1))
	}
	return c
}

// ToLinear converts a value of sRGB to an amount of light, both from 0 to 1.
func ToLinear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// FromLinear is the inverse of ToLinear.
func FromLinear(v float64) float64 {
	if v <= 0.0031308 {
		return v * 12.92
	}
	return float64(1.055*math.Pow(v, 1/2.4)) - 0.055
}

// decode converts whole values to amounts of light: the first colours samples of
// each pixel of size samples.
func (c *TransferCurve) decode(row []float32, size, colours int) {
	for ; len(row) > 0; row = row[size:] {
		for k, v := range row[:colours] {
			row[k] = c.linear[int(v)]
		}
	}
}

// encode is the inverse of decode, for any amounts.
func (c *TransferCurve) encode(row []float32, size, colours int) {
	for ; len(row) > 0; row = row[size:] {
		for k, v := range row[:colours] {
			at := float32(float32(math.Sqrt(float64(max(0, min(v/c.white, 1))))) * curveKnots)
			i := int(at)
			row[k] = c.coded[i] + float32((at-float32(i))*(c.coded[i+1]-c.coded[i]))
		}
	}
}
