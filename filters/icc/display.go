package icc

import (
	"encoding/binary"
	"math"
)

// A Display says what the samples of RGB are: the CIE 1931 chromaticities x and y of the
// white and of the primaries, and the curve from values to light.
type Display struct {
	White, Red, Green, Blue [2]float64
	Curve                   Curve
}

// A Curve is a function from values to light: a*x + b to the power of Gamma, and c*x
// for values below d (ICC.1:2022, section 10.18, function type 3).
type Curve struct{ Gamma, A, B, C, D float64 }

// SRGB is the display of IEC 61966-2-1.
var SRGB = Display{
	White: [2]float64{0.3127, 0.3290}, Red: [2]float64{0.64, 0.33}, Green: [2]float64{0.30, 0.60}, Blue: [2]float64{0.15, 0.06},
	Curve: Curve{2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045},
}

// BT709Curve is the inverse of the camera's curve of ITU-R BT.709.
var BT709Curve = Curve{1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081}

// IsSRGB tells whether a display is that of sRGB, but for chromaticities that are rounded
// to two digits.
func (d Display) IsSRGB() bool {
	near := func(a, b [2]float64) bool { return math.Abs(a[0]-b[0]) < 0.005 && math.Abs(a[1]-b[1]) < 0.005 }
	return d.Curve == SRGB.Curve && near(d.White, SRGB.White) && near(d.Red, SRGB.Red) && near(d.Green, SRGB.Green) && near(d.Blue, SRGB.Blue)
}

// PowerCurve is the curve of a power of values.
func PowerCurve(gamma float64) Curve { return Curve{Gamma: gamma, A: 1} }

// Profile returns a profile of the display, with a matrix and curves (section 8.3.3),
// of version 4.3. It returns nil if the chromaticities are none, or those of no
// colours.
func (d Display) Profile() []byte {
	colorants, ok := d.colorants()
	if !ok {
		return nil
	}
	curve := []byte("para\x00\x00\x00\x00\x00\x03\x00\x00")
	for _, v := range []float64{d.Curve.Gamma, d.Curve.A, d.Curve.B, d.Curve.C, d.Curve.D} {
		curve = appendFixed(curve, v)
	}
	tags := []tag{{"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve}}
	for i, name := range []string{"rXYZ", "gXYZ", "bXYZ"} {
		xyz := []byte("XYZ \x00\x00\x00\x00")
		for k := range 3 {
			xyz = appendFixed(xyz, colorants[k][i])
		}
		tags = append(tags, tag{name, xyz})
	}
	return writeProfile(RGB, "RGB", true, tags)
}

// appendFixed appends an s15Fixed16Number (section 4.6).
func appendFixed(b []byte, v float64) []byte {
	return binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(v*65536))))
}

// A matrix is one of 3 x 3, by rows.
type matrix [3][3]float64

// bradford leads from CIEXYZ to the responses of cones by which colours are adapted to
// another white (annex E.2).
var bradford = matrix{{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}

// colorants returns the CIEXYZ of red, green and blue, by column, adapted to D50.
func (d Display) colorants() (m matrix, ok bool) {
	var primaries matrix
	for i, c := range [3][2]float64{d.Red, d.Green, d.Blue} {
		for k, v := range xyzOf(c) {
			primaries[k][i] = v
		}
	}
	white := xyzOf(d.White)
	inverse, ok := primaries.inverse()
	back, _ := bradford.inverse()
	if !ok {
		return m, false
	}
	amounts := inverse.apply(white) // of the primaries, that make white
	cones, wanted := bradford.apply(white), bradford.apply([3]float64{float64(d50[0]), float64(d50[1]), float64(d50[2])})
	for i, amount := range amounts {
		column := bradford.apply([3]float64{primaries[0][i] * amount, primaries[1][i] * amount, primaries[2][i] * amount})
		for k := range column {
			column[k] *= wanted[k] / cones[k]
		}
		for k, v := range back.apply(column) {
			if !(math.Abs(v) < 4) { // not of this world, or NaN
				return m, false
			}
			m[k][i] = v
		}
	}
	return m, true
}

// xyzOf returns the CIEXYZ of a chromaticity with Y = 1.
func xyzOf(c [2]float64) [3]float64 { return [3]float64{c[0] / c[1], 1, (1 - c[0] - c[1]) / c[1]} }

func (m *matrix) apply(v [3]float64) (out [3]float64) {
	for i, row := range m {
		out[i] = float64(row[0]*v[0]) + float64(row[1]*v[1]) + float64(row[2]*v[2])
	}
	return out
}

// inverse returns the inverse; not ok if there is none.
func (m *matrix) inverse() (inv matrix, ok bool) {
	minor := func(i, j int) float64 { // of the matrix transposed, with its sign
		a, b, c, d := (j+1)%3, (j+2)%3, (i+1)%3, (i+2)%3
		return float64(m[a][c]*m[b][d]) - float64(m[a][d]*m[b][c])
	}
	determinant := float64(m[0][0]*minor(0, 0)) + float64(m[0][1]*minor(1, 0)) + float64(m[0][2]*minor(2, 0))
	if !(math.Abs(determinant) > 1e-9) {
		return inv, false
	}
	for i := range 3 {
		for j := range 3 {
			inv[i][j] = minor(i, j) / determinant
		}
	}
	return inv, true
}
