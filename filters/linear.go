package filters

import (
	"math"
	"sync"
)

// A light converts between sRGB's values (IEC 61966-2-1) and amounts of light,
// both from 0 to what a sample's depth has for white.
type light struct {
	white  float32
	linear []float32               // by value
	coded  [lightKnots + 2]float32 // by the square root of the amount, in which it's nearly straight
}

// lightKnots are enough for less than a tenth of a step of 16 bits.
const lightKnots = 4096

// lights are by depth; sRGB's slope near black makes a table of 16 bits a must.
var lights = map[int]func() *light{8: sync.OnceValue(func() *light { return newLight(8) }), 16: sync.OnceValue(func() *light { return newLight(16) })}

func newLight(depth int) *light {
	n := 1 << depth
	l := &light{white: float32(n - 1), linear: make([]float32, n)}
	for i := range l.linear {
		l.linear[i] = float32(toLight(float64(i)/float64(n-1)) * float64(n-1))
	}
	for i := range l.coded {
		root := min(float64(i)/lightKnots, 1)
		l.coded[i] = float32(fromLight(root*root) * float64(n-1))
	}
	return l
}

// toLight is for values from 0 to 1.
func toLight(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// fromLight is toLight's inverse.
func fromLight(v float64) float64 {
	if v <= 0.0031308 {
		return v * 12.92
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}

// decode makes amounts of light of whole values: of the first colours samples
// of each pixel of size.
func (l *light) decode(row []float32, size, colours int) {
	for ; len(row) > 0; row = row[size:] {
		for k, v := range row[:colours] {
			row[k] = l.linear[int(v)]
		}
	}
}

// encode is decode's inverse, for any amounts.
func (l *light) encode(row []float32, size, colours int) {
	for ; len(row) > 0; row = row[size:] {
		for k, v := range row[:colours] {
			at := float32(math.Sqrt(float64(max(0, min(v/l.white, 1))))) * lightKnots
			i := int(at)
			row[k] = l.coded[i] + float32((at-float32(i))*(l.coded[i+1]-l.coded[i]))
		}
	}
}
