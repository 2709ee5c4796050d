package icc

import (
	"encoding/binary"
	"math"
	"unicode/utf16"
)

// Gray returns a profile of gray pixels whose tones are those of the profile's own
// grays: with its curve as it is stored, if red, green and blue have the same one;
// else with the luminance of equal samples, as a table. It returns nil if the tones
// are sRGB's, which is what pixels without a profile have, within a step of 8 bits.
func (p *Profile) Gray() []byte {
	if len(p.rawCurves) > 0 && !p.lab && p.sameCurves() {
		if isSRGB(p.curves[0]) {
			return nil
		}
		return grayProfile(p.rawCurves[0])
	}
	if isSRGB(newCurve(256, func(x float64) float64 { return float64(p.tone(float32(x))) })) {
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
	be := binary.BigEndian
	const title, terms = "Gray", "CC0"
	white := []byte("XYZ \x00\x00\x00\x00\x00\x00\xf6\xd6\x00\x01\x00\x00\x00\x00\xd3\x2d")
	version, describe, copyright := "\x02\x40\x00\x00", textDescription(title), []byte("text\x00\x00\x00\x00"+terms+"\x00")
	if string(curve[:4]) == "para" {
		version, describe, copyright = "\x04\x30\x00\x00", localised(title), localised(terms)
	}
	tags := []struct {
		name string
		data []byte
	}{{"desc", describe}, {"cprt", copyright}, {"wtpt", white}, {"kTRC", curve}}

	out := make([]byte, headerSize)
	copy(out[8:], version+"mntrGRAYXYZ ")
	copy(out[24:], "\x07\xea\x00\x01\x00\x01") // 1 January 2026: all profiles of a curve are equal
	copy(out[36:], "acsp")
	copy(out[68:], white[8:])
	out = be.AppendUint32(out, uint32(len(tags)))
	at := len(out) + entrySize*len(tags)
	for _, t := range tags {
		out = append(out, t.name...)
		out = be.AppendUint32(out, uint32(at))
		out = be.AppendUint32(out, uint32(len(t.data)))
		at += (len(t.data) + 3) &^ 3
	}
	for _, t := range tags {
		out = append(out, t.data...)
		out = append(out, make([]byte, -len(t.data)&3)...)
	}
	be.PutUint32(out, uint32(len(out)))
	return out
}

// textDescription returns a textDescriptionType (ICC.1:2001-04, section 6.5.17),
// with no text but that in ASCII.
func textDescription(s string) []byte {
	const others = 4 + 4 + 2 + 1 + 67 // Unicode's and the Macintosh's
	b := binary.BigEndian.AppendUint32([]byte("desc\x00\x00\x00\x00"), uint32(len(s)+1))
	return append(append(b, s...), make([]byte, 1+others)...)
}

// localised returns a multiLocalizedUnicodeType with one record (section 10.15).
func localised(s string) []byte {
	be := binary.BigEndian
	const header = 28
	letters := utf16.Encode([]rune(s))
	b := []byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS")
	b = be.AppendUint32(b, uint32(2*len(letters)))
	b = be.AppendUint32(b, header)
	for _, c := range letters {
		b = be.AppendUint16(b, c)
	}
	return b
}
