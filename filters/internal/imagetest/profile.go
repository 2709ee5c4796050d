package imagetest

import (
	"encoding/binary"
	"math"
	"unicode/utf16"
)

// A Profile is a small ICC profile of a display or a printer (ICC.1:2022).
type Profile struct {
	Name      string
	Space     string        // "RGB ", "GRAY" or "CMYK"
	Colorants [3][3]float64 // CIEXYZ of red, of green and of blue, for a white of D50
	Curves    [][]byte      // of red, green and blue, or one of all; of gray
	Table     []byte        // from the device to CIELAB, the tag A2B0; nil if there are curves
	Version   byte          // 2 or 4; 0 means 4
}

// Profiles of well-known colour spaces.
var (
	SRGB       = Profile{Name: "sRGB", Space: "RGB ", Colorants: [3][3]float64{{0.43607, 0.22249, 0.01392}, {0.38515, 0.71687, 0.09708}, {0.14307, 0.06061, 0.71410}}, Curves: srgbCurve}
	DisplayP3  = Profile{Name: "Display P3", Space: "RGB ", Colorants: [3][3]float64{{0.51512, 0.24120, -0.00105}, {0.29198, 0.69225, 0.04189}, {0.15710, 0.06657, 0.78407}}, Curves: srgbCurve}
	AdobeRGB   = Profile{Name: "Adobe RGB (1998)", Space: "RGB ", Colorants: [3][3]float64{{0.60974, 0.31111, 0.01947}, {0.20528, 0.62567, 0.06087}, {0.14919, 0.06322, 0.74457}}, Curves: [][]byte{Gamma(563. / 256)}, Version: 2}
	ProPhoto   = Profile{Name: "ProPhoto RGB", Space: "RGB ", Colorants: [3][3]float64{{0.79767, 0.28804, 0}, {0.13519, 0.71188, 0}, {0.03134, 0.00009, 0.82491}}, Curves: [][]byte{Parametric(1.8, 1, 0, 1./16, 1./32)}}
	GrayGamma  = Profile{Name: "Gray, gamma 1.8", Space: "GRAY", Curves: [][]byte{Gamma(1.8)}, Version: 2}
	GrayTables = Profile{Name: "Gray, a dot gain of 20 %", Space: "GRAY", Curves: [][]byte{Sampled(64, func(x float64) float64 { return x * x * (1.2 - 0.2*x) })}, Version: 2}
)

var srgbCurve = [][]byte{Parametric(2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)} // IEC 61966-2-1

// Gamma returns a curveType with an exponent.
func Gamma(g float64) []byte {
	return binary.BigEndian.AppendUint16([]byte("curv\x00\x00\x00\x00\x00\x00\x00\x01"), uint16(math.Round(g*256)))
}

// Sampled returns a curveType with n values of f.
func Sampled(n int, f func(x float64) float64) []byte {
	b := binary.BigEndian.AppendUint32([]byte("curv\x00\x00\x00\x00"), uint32(n))
	for i := range n {
		b = binary.BigEndian.AppendUint16(b, uint16(math.Round(f(float64(i)/float64(n-1))*65535)))
	}
	return b
}

// Parametric returns a parametricCurveType: of g; or of g, a, b, c, d.
func Parametric(v ...float64) []byte {
	function := map[int]byte{1: 0, 3: 1, 4: 2, 5: 3, 7: 4}[len(v)]
	return Fixed([]byte{'p', 'a', 'r', 'a', 0, 0, 0, 0, 0, function, 0, 0}, v...)
}

// Fixed appends s15Fixed16Numbers.
func Fixed(b []byte, values ...float64) []byte {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(math.Round(v*65536))))
	}
	return b
}

// Bytes returns the profile as it is stored in a file.
func (p Profile) Bytes() []byte {
	be := binary.BigEndian
	xyz := func(v ...float64) []byte { return Fixed([]byte("XYZ \x00\x00\x00\x00"), v...) }
	d50 := []float64{0.9642, 1, 0.8249}
	type tag struct {
		name string
		data []byte
	}
	tags := []tag{{"desc", p.text(p.Name)}, {"cprt", p.text("CC0")}, {"wtpt", xyz(d50...)}}
	class, connection := "mntr", "XYZ "
	switch {
	case p.Table != nil:
		class, connection = "prtr", "Lab "
		tags = append(tags, tag{"A2B0", p.Table})
	case p.Space == "GRAY":
		tags = append(tags, tag{"kTRC", p.Curves[0]})
	default:
		for i, c := range "rgb" {
			tags = append(tags, tag{string(c) + "XYZ", xyz(p.Colorants[i][:]...)}, tag{string(c) + "TRC", p.Curves[i%len(p.Curves)]})
		}
	}
	head := make([]byte, 128)
	head[8] = p.version()
	copy(head[12:], class+p.Space+connection)
	copy(head[24:], "\x07\xea\x00\x01\x00\x01") // 1 January 2026
	copy(head[36:], "acsp")
	copy(head[68:], Fixed(nil, d50...))
	table := be.AppendUint32(nil, uint32(len(tags)))
	var data []byte
	for _, t := range tags {
		table = append(table, t.name...)
		table = be.AppendUint32(table, uint32(128+4+12*len(tags)+len(data)))
		table = be.AppendUint32(table, uint32(len(t.data)))
		data = append(data, t.data...)
		data = append(data, make([]byte, -len(data)&3)...)
	}
	all := append(append(head, table...), data...)
	be.PutUint32(all, uint32(len(all)))
	return all
}

func (p Profile) version() byte {
	if p.Version == 0 {
		return 4
	}
	return p.Version
}

// text returns a text of the profile's version.
func (p Profile) text(s string) []byte {
	be := binary.BigEndian
	if p.version() == 2 { // textDescriptionType
		b := be.AppendUint32([]byte("desc\x00\x00\x00\x00"), uint32(len(s)+1))
		return append(append(b, s...), make([]byte, 1+78)...)
	}
	letters := utf16.Encode([]rune(s)) // multiLocalizedUnicodeType, with one record
	b := []byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS")
	b = be.AppendUint32(b, uint32(2*len(letters)))
	b = be.AppendUint32(b, 28)
	for _, c := range letters {
		b = be.AppendUint16(b, c)
	}
	return b
}
