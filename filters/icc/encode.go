package icc

import (
	"math"
	"sync"

	"imgpipe/filters/pixel"
)

// encode8Max is the largest index of an encoder's to8: enough for half a tenth of a
// step near black, where the curve is steepest.
const encode8Max = 1<<16 - 1

// rootKnots is enough for an error below a tenth of a step of 16 bits.
const rootKnots = 4096

// An encoder converts amounts of light to values of sRGB.
type encoder struct {
	to8   [encode8Max + 1]uint8
	roots [rootKnots + 2]float32 // by the square root of the light, in which the curve is nearly straight
}

// newEncoder returns the encoder, which is made once.
var newEncoder = sync.OnceValue(func() *encoder {
	e := new(encoder)
	next := 0
	for value := range 256 { // each up to where the next one is nearer
		end := encode8Max + 1
		if value < 255 {
			end = int(math.Ceil(pixel.ToLinear((float64(value)+0.5)/255) * encode8Max))
		}
		for ; next < end; next++ {
			e.to8[next] = uint8(value)
		}
	}
	for i := range e.roots {
		root := min(float64(i)/rootKnots, 1)
		e.roots[i] = float32(pixel.FromLinear(root*root) * 65535)
	}
	return e
})

// index8 rounds and clamps light times encode8Max to an index of to8.
func index8(v float32) uint16 {
	i := int32(float32(v) + 0.5)
	if uint32(i) > encode8Max {
		return uint16(^i >> 31) // 0 below, encode8Max above
	}
	return uint16(i)
}

// to16 returns the value of 16 bits for an amount of light.
func (e *encoder) to16(light float32) uint16 {
	if !(light > 0) { // it may be NaN
		return 0
	}
	if light >= 1 {
		return 65535
	}
	at := float32(float32(math.Sqrt(float64(light))) * rootKnots)
	i := int(at)
	return uint16(e.roots[i] + float32((at-float32(i))*(e.roots[i+1]-e.roots[i])) + 0.5)
}
