package meta

import "math"

// A Resolution is how many pixels there are to a unit of length. The zero value
// means that it is unknown.
type Resolution struct {
	Unit byte // as in JFIF: 0 for an aspect ratio alone, 1 for pixels per inch, 2 for pixels per cm
	X, Y float64
}

// JFIF returns r in whole pixels, as JFIF stores it (T.871, section 10.1). A
// resolution that is unknown or does not fit becomes the aspect ratio 1:1.
func (r Resolution) JFIF() (unit byte, x, y uint16) {
	if r.X <= 0 || r.Y <= 0 {
		return 0, 1, 1
	}
	if r.Unit == 2 && (r.X != math.Trunc(r.X) || r.Y != math.Trunc(r.Y)) { // 118.11 per cm are 300 per inch
		r = Resolution{1, r.X * 2.54, r.Y * 2.54}
	}
	if x, y := math.Round(r.X), math.Round(r.Y); x >= 1 && y >= 1 && x <= 0xffff && y <= 0xffff {
		return r.Unit, uint16(x), uint16(y)
	}
	return 0, 1, 1
}

// ResolutionOfPNG converts the values of a PNG's pHYs chunk (PNG, section
// 11.3.4.3): unit 0 is an aspect ratio, unit 1 pixels per metre. Any other unit
// makes the resolution unknown.
func ResolutionOfPNG(x, y uint32, unit byte) Resolution {
	switch unit {
	case 0:
		return Resolution{0, float64(x), float64(y)}
	case 1:
		inch := Resolution{1, math.Round(float64(x) * 0.0254), math.Round(float64(y) * 0.0254)}
		if mx, my, _ := inch.PNG(); mx == x && my == y {
			return inch // 11811 stand for 300 per inch
		}
		return Resolution{2, float64(x) / 100, float64(y) / 100}
	}
	return Resolution{}
}

// PNG returns r as the values of a pHYs chunk.
func (r Resolution) PNG() (x, y uint32, unit byte) {
	perMetre := 1.0
	switch r.Unit {
	case 1:
		perMetre, unit = 1/0.0254, 1
	case 2:
		perMetre, unit = 100, 1
	}
	return uint32(math.Round(min(r.X*perMetre, 1<<31-1))), uint32(math.Round(min(r.Y*perMetre, 1<<31-1))), unit
}

// resolution returns what an IFD says of the resolution.
func (t TIFF) resolution(ifd int) (r Resolution) {
	unit := 2
	for e := range t.Entries(ifd) {
		switch e.Tag() {
		case tagXResolution:
			r.X = t.rational(e)
		case tagYResolution:
			r.Y = t.rational(e)
		case tagResolutionUnit:
			unit = e.Int()
		}
	}
	if unit < 1 || unit > 3 || r.X == 0 || r.Y == 0 || unit == 1 && r.X == r.Y {
		return Resolution{}
	}
	r.Unit = byte(unit - 1) // TIFF counts 1 none, 2 inch, 3 cm; JFIF counts from 0
	return r
}

// Fields returns the IFD fields of r; none if it is unknown.
func (r Resolution) Fields() []Field {
	if r.X <= 0 || r.Y <= 0 {
		return nil
	}
	return []Field{
		{Tag: tagXResolution, Type: TypeRational, Value: rational(r.X)},
		{Tag: tagYResolution, Type: TypeRational, Value: rational(r.Y)},
		ShortField(tagResolutionUnit, int(r.Unit)+1),
	}
}

// isResolution tells whether Resolution has the field's value.
func (f Field) isResolution() bool {
	return f.Tag == tagXResolution || f.Tag == tagYResolution || f.Tag == tagResolutionUnit
}

// rational returns the value of an entry with a RATIONAL; 0 if there is none in
// range.
func (t TIFF) rational(e Entry) float64 {
	value, _ := t.Values(e)
	if e.valueSize() != 8 || len(value) < 8 {
		return 0
	}
	num, den := t.Order().Uint32(value), t.Order().Uint32(value[4:])
	if den == 0 || num/den > 0xffff {
		return 0
	}
	return float64(num) / float64(den)
}

// rational encodes v as a RATIONAL, exact to four decimals if v is not too
// large for them.
func rational(v float64) []byte {
	if v == math.Trunc(v) || v*10000 >= math.MaxUint32 {
		return longs(int(v+0.5), 1)
	}
	return longs(int(float64(v*10000)+0.5), 10000)
}
