package imagetest

import (
	"encoding/binary"
	"math"
)

// A Device is the model of a device: the CIELAB of its colours, of which the samples
// are 0 to 1.
type Device func(v []float64) [3]float64

// Inks is a printer: each ink lets through its part of three bands of light.
func Inks(v []float64) [3]float64 {
	through := [4][3]float64{{0.05, 0.45, 0.8}, {0.7, 0.06, 0.35}, {0.95, 0.85, 0.08}, {0.03, 0.03, 0.03}}
	light := [3]float64{1, 1, 1}
	for i, amount := range v {
		gained := 1 - math.Pow(1-amount, 1.4) // the ink spreads
		for k := range light {
			light[k] *= 1 - gained*(1-through[i][k])
		}
	}
	return LabOfLinear(light)
}

// Screen is an RGB device of gamma 2 with other primaries than sRGB's.
func Screen(v []float64) [3]float64 {
	r, g, b := v[0]*v[0], v[1]*v[1], v[2]*v[2]
	return LabOfLinear([3]float64{0.9*r + 0.1*g, 0.05*r + 0.9*g + 0.05*b, 0.1*g + 0.9*b})
}

// LabOfLinear returns the CIELAB of linear sRGB.
func LabOfLinear(c [3]float64) [3]float64 {
	root := func(v float64) float64 {
		if v > 216./24389 {
			return math.Cbrt(v)
		}
		return (24389./27*v + 16) / 116
	}
	x := root((0.43607*c[0] + 0.38515*c[1] + 0.14307*c[2]) / 0.9642)
	y := root(0.22249*c[0] + 0.71687*c[1] + 0.06061*c[2])
	z := root((0.01392*c[0] + 0.09708*c[1] + 0.71410*c[2]) / 0.8249)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// nodesOf returns the model's values at the nodes of a grid, in the order of the
// standard. The inputs of the grid are the square roots of the device's.
func nodesOf(model Device, inputs, points int) (all [][3]float64) {
	v := make([]float64, inputs)
	for n := range int(math.Pow(float64(points), float64(inputs)) + 0.5) {
		for i := inputs - 1; i >= 0; i-- {
			v[i] = math.Pow(float64(n%points)/float64(points-1), 2)
			n /= points
		}
		all = append(all, model(v))
	}
	return all
}

// Lut8 returns the tag A2B0 of a model, with a grid of some points for each input.
func Lut8(model Device, inputs, points int) []byte {
	b := append(lutHeader("mft1", inputs, points), ramps(inputs, func(i int) []byte {
		return []byte{uint8(math.Round(math.Sqrt(float64(i)/255) * 255))}
	})...)
	for _, lab := range nodesOf(model, inputs, points) {
		b = append(b, uint8(math.Round(lab[0]*2.55)), uint8(math.Round(lab[1]+128)), uint8(math.Round(lab[2]+128)))
	}
	return append(b, ramps(3, func(i int) []byte { return []byte{uint8(i)} })...)
}

// Lut16 is Lut8 in 16 bits.
func Lut16(model Device, inputs, points int) []byte {
	be := binary.BigEndian
	b := append(lutHeader("mft2", inputs, points), 1, 0, 0, 2) // 256 values, and 2
	b = append(b, ramps(inputs, func(i int) []byte {
		return be.AppendUint16(nil, uint16(math.Round(math.Sqrt(float64(i)/255)*65535)))
	})...)
	for _, lab := range nodesOf(model, inputs, points) {
		b = be.AppendUint16(b, uint16(math.Round(lab[0]*652.8)))
		b = be.AppendUint16(b, uint16(math.Round((lab[1]+128)*256)))
		b = be.AppendUint16(b, uint16(math.Round((lab[2]+128)*256)))
	}
	for range 3 {
		b = append(b, 0, 0, 0xff, 0xff)
	}
	return b
}

// LutAToB is Lut8 in version 4.
func LutAToB(model Device, inputs, points int) []byte {
	be := binary.BigEndian
	// The A curves are the square roots that the grid is made for. The M curves undo a
	// power of the grid's values, and the matrix exchanges lightness and a, which the
	// grid has in the other order.
	root := Sampled(1024, math.Sqrt)
	const power = 0.8
	var curves, powers, clut []byte
	for range inputs {
		curves = append(curves, root...)
	}
	for range 3 {
		powers = append(powers, Parametric(1/power)...)
	}
	clut = make([]byte, 20)
	for i := range inputs {
		clut[i] = byte(points)
	}
	clut[16] = 2
	for _, lab := range nodesOf(model, inputs, points) {
		for _, v := range []float64{(lab[1] + 128) / 255, lab[0] / 100, (lab[2] + 128) / 255} {
			clut = be.AppendUint16(clut, uint16(math.Round(math.Pow(v, power)*65535)))
		}
	}
	matrix := Fixed(nil, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0)
	b := append([]byte("mAB \x00\x00\x00\x00"), byte(inputs), 3, 0, 0)
	at := 32
	parts := [][]byte{}
	for _, part := range [][]byte{Gamma(1), matrix, powers, clut, curves} {
		if len(parts) == 0 { // the B curves are straight
			part = append(append(append(part, 0, 0), append(part, 0, 0)...), part...)
		}
		part = append(part, make([]byte, -len(part)&3)...)
		b = be.AppendUint32(b, uint32(at))
		parts, at = append(parts, part), at+len(part)
	}
	for _, part := range parts {
		b = append(b, part...)
	}
	return b
}

func lutHeader(kind string, inputs, points int) []byte {
	b := append([]byte(kind+"\x00\x00\x00\x00"), byte(inputs), 3, byte(points), 0)
	return Fixed(b, 1, 0, 0, 0, 1, 0, 0, 0, 1)
}

// ramps returns n equal curves of 256 values.
func ramps(n int, value func(i int) []byte) (all []byte) {
	for range n {
		for i := range 256 {
			all = append(all, value(i)...)
		}
	}
	return all
}
