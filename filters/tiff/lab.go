package tiff

import (
	"encoding/binary"
	"math"
)

// A lab converts CIE L*a*b* of white D50 to sRGB.
type lab struct {
	depth int // bits of a sample
	icc   bool
	curve []uint16 // sRGB of amounts of light from 0 to 1, as 16 bits
}

// newLab returns the conversion of samples of 8 or 16 bits. A and b are signed
// (section 23), or as ICC profiles store them, with an offset.
func newLab(icc bool, depth int) *lab {
	const steps = 1 << 14
	c := &lab{depth: depth, icc: icc, curve: make([]uint16, steps+1)}
	for i := range c.curve {
		v := float64(i) / steps
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = float64(1.055*math.Pow(v, 1/2.4)) - 0.055
		}
		c.curve[i] = uint16(float64(v*65535) + 0.5)
	}
	return c
}

// toRGB converts pixels of L*, a*, b* and alpha in place.
func (c *lab) toRGB(row []byte) {
	if c.depth == 8 {
		for ; len(row) >= 4; row = row[4:] {
			a, b := float32(int8(row[1])), float32(int8(row[2]))
			if c.icc {
				a, b = float32(row[1])-128, float32(row[2])-128
			}
			for k, v := range c.rgb(float32(row[0])*100/255, a, b) {
				row[k] = uint8((uint32(v)*255 + 32767) / 65535)
			}
		}
		return
	}
	be := binary.BigEndian
	for ; len(row) >= 8; row = row[8:] {
		l, a, b := be.Uint16(row), be.Uint16(row[2:]), be.Uint16(row[4:])
		v := [3]float32{float32(l) * 100 / 65535, float32(int16(a)) / 256, float32(int16(b)) / 256}
		if c.icc {
			v = [3]float32{float32(l) * 100 / 65280, float32(float32(a)/256) - 128, float32(float32(b)/256) - 128}
		}
		for k, v := range c.rgb(v[0], v[1], v[2]) {
			be.PutUint16(row[2*k:], v)
		}
	}
}

// rgb converts a colour: to XYZ, by Bradford's matrix to D65, and to sRGB.
func (c *lab) rgb(l, a, b float32) [3]uint16 {
	const whiteX, whiteZ = 0.9642, 0.8249
	fy := (l + 16) / 116
	x, y, z := whiteX*cube(fy+a/500), cube(fy), whiteZ*cube(fy-b/200)
	light := [3]float32{
		float32(3.1338561*x) - float32(1.6168667*y) - float32(0.4906146*z),
		float32(-0.9787684*x) + float32(1.9161415*y) + float32(0.0334540*z),
		float32(0.0719453*x) - float32(0.2289914*y) + float32(1.4052427*z),
	}
	var rgb [3]uint16
	last := float32(len(c.curve) - 1)
	for k, v := range light {
		rgb[k] = c.curve[int(float32(max(0, min(v, 1))*last)+0.5)]
	}
	return rgb
}

// cube is the inverse of the function that CIE L*a*b* is computed with.
func cube(t float32) float32 {
	if t > 6.0/29 {
		return t * t * t
	}
	return (t - 4.0/29) * 3 * (6.0 / 29) * (6.0 / 29)
}
