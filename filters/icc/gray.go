package icc

import (
	"encoding/binary"
	"math"
)

// Gray returns a profile of gray pixels whose tones are those of the profile's own
// grays: with its curve as it is stored, if red, green and blue have the same one;
// else with the luminance of equal samples, as a table. It returns nil if the tones
// are sRGB's, which is what pixels without a profile have, within a step of 8 bits.
func (p *Profile) Gray() []byte {
	if len(p.rawCurves) > 0 && !p.lab && p.sameCurves() {
		if isSRGB(p.stored[0].at) {
			return nil
		}
		return grayProfile(p.rawCurves[0])
	}
	p.makeCurves()
	if isSRGB(newCurve(256, func(x float64) float64 { return float64(p.tone(float32(x))) }).at) {
		return nil
	}
	const knots = 1024
	be := binary.BigEndian
	curve := be.AppendUint32([]byte("curv\x00\x00\x00\x00"), knots)
	for _, y := range newCurve(knots, func(x float64) float64 { return float64(p.tone(float32(x))) }) {
		curve = be.AppendUint16(curve, uint16(math.Round(float64(y)*65535)))
	}
	return grayProfile(curve)
}

// sameCurves tells whether all curves are stored alike.
func (p *Profile) sameCurves() bool {
	for _, c := range p.rawCurves[1:] {
		if string(c) != string(p.rawCurves[0]) {
			return false
		}
	}
	return true
}

// grayProfile returns a profile of a gray display with the given curve: of version
// 2.4, which all programs read, or of version 4.3 if the curve is parametric.
func grayProfile(curve []byte) []byte {
	return writeProfile(Gray, "Gray", string(curve[:4]) == "para", []tag{{"kTRC", curve}})
}
