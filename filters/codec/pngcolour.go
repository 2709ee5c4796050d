package codec

import (
	"encoding/binary"
	"math"

	"imgpipe/filters/icc"
)

// cicpDisplay returns the display of primaries by their number in cICP (ITU-T H.273,
// table 2), with sRGB's curve.
func cicpDisplay(primaries byte) (d icc.Display, known bool) {
	d65 := [2]float64{0.3127, 0.3290}
	switch primaries {
	case 1:
		return icc.SRGB, true
	case 5:
		return display(d65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06), true
	case 6, 7:
		return display(d65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07), true
	case 9:
		return display(d65, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046), true
	case 11:
		return display([2]float64{0.314, 0.351}, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06), true
	case 12:
		return display(d65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06), true
	}
	return d, false
}

// cicpCurve returns the curve of light of a transfer function by its number in cICP
// (ITU-T H.273, table 3). Those of HDR are not known: their light has no white.
func cicpCurve(transfer byte) (c icc.Curve, known bool) {
	switch transfer {
	case 1, 6, 14, 15:
		return icc.BT709Curve, true
	case 4:
		return icc.PowerCurve(2.2), true
	case 5:
		return icc.PowerCurve(2.8), true
	case 8:
		return icc.PowerCurve(1), true
	case 13:
		return icc.SRGB.Curve, true
	}
	return c, false
}

// display returns a display with sRGB's curve.
func display(white [2]float64, rx, ry, gx, gy, bx, by float64) icc.Display {
	return icc.Display{White: white, Red: [2]float64{rx, ry}, Green: [2]float64{gx, gy}, Blue: [2]float64{bx, by}, Curve: icc.SRGB.Curve}
}

// cicp returns the display that cICP says; not known if there is no such chunk, or it
// says another one than those above.
func (s pngStored) cicp() (d icc.Display, known bool) {
	body := s.body("cICP")
	if len(body) != 4 {
		return d, false
	}
	const rgb, fullRange = 0, 1
	d, isDisplay := cicpDisplay(body[0])
	curve, isCurve := cicpCurve(body[1])
	d.Curve = curve
	return d, isDisplay && isCurve && body[2] == rgb && body[3] == fullRange
}

// display returns what sRGB, gAMA and cHRM say of the colours: sRGB counts before the
// others.
func (s pngStored) display() icc.Display {
	d := icc.SRGB
	if s.body("sRGB") != nil {
		return d
	}
	if body := s.body("cHRM"); len(body) == 32 {
		var v [8]float64
		for i := range v {
			v[i] = float64(binary.BigEndian.Uint32(body[4*i:])) / 100000
		}
		d = display([2]float64{v[0], v[1]}, v[2], v[3], v[4], v[5], v[6], v[7])
	}
	// As in libpng, a gamma that is within 5 % of sRGB's stands for its curve. One outside
	// of what displays have is a mistake.
	const like, tolerance, least, most = 1 / 2.2, 0.05, 0.1, 10
	if body := s.body("gAMA"); len(body) == 4 {
		g := float64(binary.BigEndian.Uint32(body)) / 100000
		if g >= least && g <= most && math.Abs(g/like-1) > tolerance {
			d.Curve = icc.PowerCurve(1 / g)
		}
	}
	return d
}

// body returns the data of the first chunk of a type; nil if there is none.
func (s pngStored) body(kind string) []byte {
	for _, c := range s {
		if c.Type == kind {
			return c.Data
		}
	}
	return nil
}

// useChunksOfColour gives the frames of a picture that was a PNG, and becomes something
// else, a profile that says what chunks of a PNG said; none if that is sRGB. A cICP that
// is known counts before a profile, and a profile before the other chunks (PNG, third
// edition, section 4.3).
func (p *Picture) useChunksOfColour() {
	stored, ok := p.Frames[0].stored.(pngStored)
	if !ok {
		return
	}
	display, known := stored.cicp()
	if !known {
		display = stored.display()
	}
	var profile []byte
	if !display.IsSRGB() {
		profile = display.Profile()
	}
	for i := range p.Frames {
		if f := &p.Frames[i]; known || len(f.Meta.ICC) == 0 {
			f.Meta.ICC = profile
		}
	}
}
