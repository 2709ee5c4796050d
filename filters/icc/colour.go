package icc

// d50 is the white of profiles' CIEXYZ (section 7.2.16).
var d50 = [3]float32{0.9642, 1, 0.8249}

// xyzToSRGB is the matrix from CIEXYZ relative to D50 to linear sRGB, by rows: the
// inverse of the colorants of sRGB's profile, with rows scaled so that D50 is exact
// white.
var xyzToSRGB = [9]float32{
	3.13475483, -1.61772412, -0.49073401,
	-0.97866039, 1.91603114, 0.03345038,
	0.07200303, -0.22904944, 1.40577538,
}

// xyz returns the CIEXYZ of a colour, relative to D50. Samples are 0 to 1.
func (p *Profile) xyz(v [4]float32) (x, y, z float32) {
	switch {
	case p.table != nil:
		return p.xyzOfTable(p.table.at(v))
	case p.space == Gray:
		y := p.tone(v[0])
		return y * d50[0], y * d50[1], y * d50[2]
	}
	r, g, b := p.curves[0].at(v[0]), p.curves[1].at(v[1]), p.curves[2].at(v[2])
	c := &p.colorants
	return dot(c[0][0], c[0][1], c[0][2], r, g, b), dot(c[1][0], c[1][1], c[1][2], r, g, b), dot(c[2][0], c[2][1], c[2][2], r, g, b)
}

// dot returns ax + by + cz.
//
// In this package products are converted to the type that they have already where they
// are added to. The conversion prevents the compiler from fusing a product and a sum (Go
// specification, "Floating-point operators"), so that every machine computes the same
// results.
func dot(a, b, c, x, y, z float32) float32 { return float32(a*x) + float32(b*y) + float32(c*z) }

// xyzOfTable returns the CIEXYZ of what the table leads to.
func (p *Profile) xyzOfTable(a, b, c float32) (x, y, z float32) {
	if p.lab {
		return xyzOfLab(a, b, c)
	}
	return a, b, c
}

// tone returns the luminance of a gray value: the CIE Y of equal samples of RGB.
func (p *Profile) tone(v float32) (y float32) {
	if p.space != Gray {
		_, y, _ = p.xyz([4]float32{v, v, v})
		return y
	}
	y = p.curves[0].at(v)
	if p.lab { // it is lightness
		_, y, _ = xyzOfLab(100*y, 0, 0)
	}
	return y
}

// xyzOfLab converts CIELAB (section 6.3.3; CIE 15).
func xyzOfLab(l, a, b float32) (x, y, z float32) {
	f := (l + 16) / 116
	return d50[0] * cube(f+a/500), cube(f), d50[2] * cube(f-b/200)
}

// cube is the inverse of CIELAB's cube root, which is straight near black.
func cube(f float32) float32 {
	const bend = 6. / 29
	if f > bend {
		return f * f * f
	}
	return (f - 4./29) * 3 * bend * bend
}

// blackPoint returns the luminance of the darkest colour, which becomes sRGB's
// black: that of no light or of all inks, at most of half the lightness of white. By
// the perceptual table of version 4 it is a fixed one (section 6.4).
func (p *Profile) blackPoint() float32 {
	const fourth, halfLightness = 0.0034731, 0.18418652
	if p.table != nil && p.perceptual && p.version >= 4 {
		return fourth
	}
	var darkest [4]float32
	if p.space == CMYK {
		darkest = [4]float32{1, 1, 1, 1}
	}
	_, y, _ := p.xyz(darkest)
	return max(0, min(y, halfLightness))
}
