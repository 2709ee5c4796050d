package icc

import (
	"encoding/binary"

	"imgpipe/filters/pixel"
)

// A Transform converts pixels to sRGB (IEC 61966-2-1), or gray pixels to gray of
// sRGB's curve. It may be used by several goroutines.
type Transform struct {
	tone    curve // of gray pixels: light by value; nil of others
	tone8   [256]uint8
	profile *Profile
	black   float32 // the luminance that becomes 0

	// Of RGB with curves: light by value, scaled as encode8 takes it, and the matrix
	// from light to linear sRGB.
	light  *[3][256]float32
	matrix [9]float32
	encode *encoder
}

// ToSRGB returns the transform of pixels of the profile's own space, or of gray
// pixels, whose profile may be one of RGB. It returns nil if no value would change
// by more than a step of 8 bits.
func (p *Profile) ToSRGB(pixels Space) *Transform {
	t := &Transform{profile: p, black: p.blackPoint(), encode: newEncoder()}
	if pixels == Gray {
		t.tone = newCurve(functionKnots, func(x float64) float64 {
			return float64((p.tone(float32(x)) - t.black) / (1 - t.black))
		})
		if isSRGB(t.tone) {
			return nil
		}
		for i := range t.tone8 {
			t.tone8[i] = uint8(pixel.FromLinear(float64(t.tone.at(float32(i)/255)))*255 + 0.5)
		}
		return t
	}
	if pixels == RGB && t.isIdentity() {
		return nil
	}
	if p.curves != nil {
		t.prepareRGB()
	}
	return t
}

// isSRGB tells whether a tone curve is sRGB's, within a step of 8 bits.
func isSRGB(tone curve) bool {
	for i := range 256 {
		if v := float64(i) / 255; !near(pixel.FromLinear(float64(tone.at(float32(v)))), v) {
			return false
		}
	}
	return true
}

// isIdentity tells whether RGB stays what it is: grays, and colours of the whole
// cube.
func (t *Transform) isIdentity() bool {
	const steps = 4
	same := func(v [4]float32) bool {
		for i, light := range t.linear(v) {
			if !near(pixel.FromLinear(float64(max(0, light))), float64(v[i])) {
				return false
			}
		}
		return true
	}
	for i := range 52 {
		if v := float32(i) / 51; !same([4]float32{v, v, v}) {
			return false
		}
	}
	for i := range steps * steps * steps {
		if !same([4]float32{float32(i%steps) / (steps - 1), float32(i/steps%steps) / (steps - 1), float32(i/steps/steps) / (steps - 1)}) {
			return false
		}
	}
	return true
}

// near compares values to a step of 8 bits.
func near(a, b float64) bool { return a-b < 1./255 && b-a < 1./255 }

// prepareRGB makes the tables of row8.
func (t *Transform) prepareRGB() {
	t.light = new([3][256]float32)
	for i, c := range t.profile.curves {
		for v := range t.light[i] {
			t.light[i][v] = c.at(float32(v)/255) * encode8Max / (1 - t.black)
		}
	}
	for row := range 3 {
		for column := range 3 {
			for k := range 3 {
				t.matrix[3*row+column] += xyzToSRGB[3*row+k] * t.profile.colorants[k][column]
			}
		}
	}
}

// Row converts a row of interleaved samples in place. Gray has 1 sample, or 2 with
// alpha; RGB has 4, with alpha; CMYK has 4, 0 for no ink, and becomes RGB with an
// opaque alpha. Alpha stays as it is. Depth is 8, or 16 for big-endian samples.
func (t *Transform) Row(row []uint8, samples, depth int) {
	switch {
	case t.tone != nil && depth == 8:
		for i := 0; i < len(row); i += samples {
			row[i] = t.tone8[row[i]]
		}
	case t.tone != nil:
		be := binary.BigEndian
		for i := 0; i < len(row); i += 2 * samples {
			v := float32(be.Uint16(row[i:])) / 65535
			be.PutUint16(row[i:], t.encode.to16(t.tone.at(v)))
		}
	case depth == 8 && t.light != nil:
		t.row8(row)
	case depth == 8:
		t.anyRow8(row)
	default:
		t.anyRow16(row)
	}
}

// row8 converts RGB by curves and a matrix.
func (t *Transform) row8(row []uint8) {
	light, m, to8 := t.light, &t.matrix, &t.encode.to8
	black := t.black / (1 - t.black) * encode8Max
	for ; len(row) >= 4; row = row[4:] {
		r, g, b := light[0][row[0]], light[1][row[1]], light[2][row[2]]
		row[0] = to8[index8(m[0]*r+m[1]*g+m[2]*b-black)]
		row[1] = to8[index8(m[3]*r+m[4]*g+m[5]*b-black)]
		row[2] = to8[index8(m[6]*r+m[7]*g+m[8]*b-black)]
	}
}

// anyRow8 converts RGB and CMYK by any profile.
func (t *Transform) anyRow8(row []uint8) {
	cmyk := t.profile.space == CMYK
	for ; len(row) >= 4; row = row[4:] {
		var v [4]float32
		for i := range v {
			v[i] = float32(row[i]) / 255
		}
		for i, light := range t.linear(v) {
			row[i] = t.encode.to8[index8(light*encode8Max)]
		}
		if cmyk {
			row[3] = 255
		}
	}
}

// anyRow16 is anyRow8 of samples of 16 bits.
func (t *Transform) anyRow16(row []uint8) {
	be := binary.BigEndian
	cmyk := t.profile.space == CMYK
	for ; len(row) >= 8; row = row[8:] {
		var v [4]float32
		for i := range v {
			v[i] = float32(be.Uint16(row[2*i:])) / 65535
		}
		for i, light := range t.linear(v) {
			be.PutUint16(row[2*i:], t.encode.to16(light))
		}
		if cmyk {
			be.PutUint16(row[6:], 65535)
		}
	}
}

// linear returns the linear sRGB of a colour, which may lie outside of 0..1.
func (t *Transform) linear(v [4]float32) (rgb [3]float32) {
	xyz := t.profile.xyz(v)
	m, scale := &xyzToSRGB, 1/(1-t.black)
	x, y, z := xyz[0], xyz[1], xyz[2]
	rgb[0] = (m[0]*x + m[1]*y + m[2]*z - t.black) * scale
	rgb[1] = (m[3]*x + m[4]*y + m[5]*z - t.black) * scale
	rgb[2] = (m[6]*x + m[7]*y + m[8]*z - t.black) * scale
	return rgb
}
