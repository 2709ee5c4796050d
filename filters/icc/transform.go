package icc

import (
	"encoding/binary"

	"imgpipe/filters/pixel"
)

// A Transform converts pixels to sRGB (IEC 61966-2-1), or gray pixels to gray of
// sRGB's curve. It may be used by several goroutines.
type Transform struct {
	profile *Profile
	encode  *encoder
	black   float32 // the luminance that becomes 0

	// Of gray pixels: light by value, and sRGB's value by value. Tone is nil of others.
	tone  curve
	tone8 [256]uint8

	// Of RGB by curves: light by value, in steps of encoder.to8, and the matrix from
	// light to linear sRGB. Light is nil of others.
	light  *[3][256]float32
	matrix [9]float32

	// Of a table: what its first curves lead to, by value.
	samples *[4][256]float32
}

// ToSRGB returns the transform of pixels of the profile's own space, or of gray
// pixels, whose profile may be one of RGB. It returns nil if no value would change
// by more than a step of 8 bits.
func (p *Profile) ToSRGB(pixels Space) *Transform {
	p.makeCurves()
	t := &Transform{profile: p, black: p.blackPoint(), encode: newEncoder()}
	if pixels == Gray {
		t.tone = newCurve(functionKnots, func(x float64) float64 {
			return float64((p.tone(float32(x)) - t.black) / (1 - t.black))
		})
		if isSRGB(t.tone.at) {
			return nil
		}
		for i := range t.tone8 {
			t.tone8[i] = uint8(float64(pixel.FromLinear(float64(t.tone.at(float32(i)/255)))*255) + 0.5)
		}
		return t
	}
	if pixels == RGB && t.isIdentity() {
		return nil
	}
	if p.table == nil {
		t.prepareMatrix()
	} else {
		t.prepareTable()
	}
	return t
}

// isSRGB tells whether a tone curve is sRGB's, within a step of 8 bits.
func isSRGB(tone func(x float32) float32) bool {
	for i := range 256 {
		if v := float64(i) / 255; !near(pixel.FromLinear(float64(tone(float32(v)))), v) {
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
		r, g, b := t.linear(t.profile.xyz(v))
		for i, light := range []float32{r, g, b} {
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

// prepareTable makes the samples of tableRow8.
func (t *Transform) prepareTable() {
	t.samples = new([4][256]float32)
	for i := range t.samples {
		for v := range t.samples[i] {
			x := float32(v) / 255
			if i < len(t.profile.table.before) {
				x = t.profile.table.before[i].at(x)
			}
			t.samples[i][v] = x
		}
	}
}

// prepareMatrix makes the tables of row8.
func (t *Transform) prepareMatrix() {
	t.light = new([3][256]float32)
	for i, c := range t.profile.curves {
		for v := range t.light[i] {
			t.light[i][v] = c.at(float32(v)/255) * encode8Max / (1 - t.black)
		}
	}
	for row := range 3 {
		for column := range 3 {
			for k := range 3 {
				t.matrix[3*row+column] += float32(xyzToSRGB[3*row+k] * t.profile.colorants[k][column])
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
		t.tableRow8(row)
	default:
		t.anyRow16(row)
	}
}

// row8 converts RGB by curves and a matrix.
func (t *Transform) row8(row []uint8) {
	light, m, to8 := t.light, &t.matrix, &t.encode.to8
	black := float32(t.black / (1 - t.black) * encode8Max)
	for ; len(row) >= 4; row = row[4:] {
		r, g, b := light[0][row[0]], light[1][row[1]], light[2][row[2]]
		row[0] = to8[index8(dot(m[0], m[1], m[2], r, g, b)-black)]
		row[1] = to8[index8(dot(m[3], m[4], m[5], r, g, b)-black)]
		row[2] = to8[index8(dot(m[6], m[7], m[8], r, g, b)-black)]
	}
}

// tableRow8 converts RGB and CMYK by a table. Neighbours are often equal.
func (t *Transform) tableRow8(row []uint8) {
	cmyk := t.profile.space == CMYK
	var last [4]uint8
	var out [3]uint8
	for first := true; len(row) >= 4; row = row[4:] {
		if p := [4]uint8(row); first || p != last {
			first, last = false, p
			v := [4]float32{t.samples[0][p[0]], t.samples[1][p[1]], t.samples[2][p[2]], t.samples[3][p[3]]}
			r, g, b := t.linear(t.profile.xyzOfTable(t.profile.table.behindCurves(&v)))
			to8 := &t.encode.to8
			out = [3]uint8{to8[index8(r*encode8Max)], to8[index8(g*encode8Max)], to8[index8(b*encode8Max)]}
		}
		copy(row, out[:])
		if cmyk {
			row[3] = 255
		}
	}
}

// anyRow16 converts RGB and CMYK of 16 bits by any profile.
func (t *Transform) anyRow16(row []uint8) {
	be := binary.BigEndian
	cmyk := t.profile.space == CMYK
	for ; len(row) >= 8; row = row[8:] {
		var v [4]float32
		for i := range v {
			v[i] = float32(be.Uint16(row[2*i:])) / 65535
		}
		r, g, b := t.linear(t.profile.xyz(v))
		be.PutUint16(row, t.encode.to16(r))
		be.PutUint16(row[2:], t.encode.to16(g))
		be.PutUint16(row[4:], t.encode.to16(b))
		if cmyk {
			be.PutUint16(row[6:], 65535)
		}
	}
}

// linear returns the linear sRGB of a CIEXYZ, which may lie outside of 0..1.
func (t *Transform) linear(x, y, z float32) (r, g, b float32) {
	m, scale := &xyzToSRGB, 1/(1-t.black)
	r = (dot(m[0], m[1], m[2], x, y, z) - t.black) * scale
	g = (dot(m[3], m[4], m[5], x, y, z) - t.black) * scale
	b = (dot(m[6], m[7], m[8], x, y, z) - t.black) * scale
	return r, g, b
}
