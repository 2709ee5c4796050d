package filters

import (
	"math"

	"imgpipe/filters/jpegdct"
)

// jfif is a density in whole pixels.
func (d Density) jfif() *jpegdct.JFIF {
	j := &jpegdct.JFIF{Major: 1, Minor: 1, Xdensity: 1, Ydensity: 1}
	if d.X <= 0 || d.Y <= 0 {
		return j
	}
	if d.Unit == 2 && (d.X != math.Trunc(d.X) || d.Y != math.Trunc(d.Y)) { // 118.11 per cm are 300 per inch
		d = Density{1, d.X * 2.54, d.Y * 2.54}
	}
	if x, y := math.Round(d.X), math.Round(d.Y); x >= 1 && y >= 1 && x <= 0xffff && y <= 0xffff {
		j.Units, j.Xdensity, j.Ydensity = d.Unit, uint16(x), uint16(y)
	}
	return j
}

// densityFromMetre converts PNG's pHYs: unit 0 is an aspect ratio, 1 pixels per
// metre.
func densityFromMetre(x, y uint32, unit byte) Density {
	switch unit {
	case 0:
		return Density{0, float64(x), float64(y)}
	case 1:
		inch := Density{1, math.Round(float64(x) * 0.0254), math.Round(float64(y) * 0.0254)}
		if mx, my, _ := inch.metre(); mx == x && my == y {
			return inch // 11811 stand for 300 per inch
		}
		return Density{2, float64(x) / 100, float64(y) / 100}
	}
	return Density{}
}

// metre is a density as pHYs has it.
func (d Density) metre() (x, y uint32, unit byte) {
	per := 1.0
	switch d.Unit {
	case 1:
		per, unit = 1/0.0254, 1
	case 2:
		per, unit = 100, 1
	}
	return uint32(math.Round(min(d.X*per, 1<<31-1))), uint32(math.Round(min(d.Y*per, 1<<31-1))), unit
}
