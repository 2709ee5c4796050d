package filters

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// A testProfile is a small ICC profile of a display (ICC.1:2022): with primaries
// and a curve for RGB, with a curve alone for gray.
type testProfile struct {
	name  string
	space string        // "RGB " or "GRAY"
	xyz   [3][3]float64 // red's, green's and blue's, for D50's white
	curve []float64     // of a parametricCurveType: g, or g, a, b, c, d
}

var (
	srgbCurve   = []float64{2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045} // IEC 61966-2-1
	rgbProfiles = []testProfile{
		{"sRGB", "RGB ", [3][3]float64{{0.43607, 0.22249, 0.01392}, {0.38515, 0.71687, 0.09708}, {0.14307, 0.06061, 0.71410}}, srgbCurve},
		{"Display P3", "RGB ", [3][3]float64{{0.51512, 0.24120, -0.00105}, {0.29198, 0.69225, 0.04189}, {0.15710, 0.06657, 0.78407}}, srgbCurve},
		{"Adobe RGB (1998)", "RGB ", [3][3]float64{{0.60974, 0.31111, 0.01947}, {0.20528, 0.62567, 0.06087}, {0.14919, 0.06322, 0.74457}}, []float64{563.0 / 256}},
	}
	grayProfile = testProfile{"Gray, gamma 2.2", "GRAY", [3][3]float64{}, []float64{2.2}}
)

// bytes returns the profile as it is stored in a file.
func (p testProfile) bytes() []byte {
	be := binary.BigEndian
	fixed := func(b []byte, values ...float64) []byte { // s15Fixed16Number
		for _, v := range values {
			b = be.AppendUint32(b, uint32(int32(math.Round(v*65536))))
		}
		return b
	}
	xyz := func(v ...float64) []byte { return fixed([]byte("XYZ \x00\x00\x00\x00"), v...) }
	text := func(s string) []byte { // multiLocalizedUnicodeType, with one record
		letters := utf16.Encode([]rune(s))
		b := []byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS")
		b = be.AppendUint32(b, uint32(2*len(letters)))
		b = be.AppendUint32(b, 28)
		for _, c := range letters {
			b = be.AppendUint16(b, c)
		}
		return b
	}
	function := map[int]byte{1: 0, 5: 3}[len(p.curve)]
	curve := fixed([]byte{'p', 'a', 'r', 'a', 0, 0, 0, 0, 0, function, 0, 0}, p.curve...)
	d50 := []float64{0.9642, 1, 0.8249}

	type tag struct {
		name string
		data []byte
	}
	tags := []tag{{"desc", text(p.name)}, {"cprt", text("CC0")}, {"wtpt", xyz(d50...)}}
	if p.space == "GRAY" {
		tags = append(tags, tag{"kTRC", curve})
	} else {
		for i, c := range "rgb" {
			tags = append(tags, tag{string(c) + "XYZ", xyz(p.xyz[i][:]...)}, tag{string(c) + "TRC", curve})
		}
	}
	head := make([]byte, 128)
	copy(head[8:], "\x04\x40\x00\x00mntr"+p.space+"XYZ ")
	copy(head[24:], "\x07\xea\x00\x01\x00\x01") // 1 January 2026
	copy(head[36:], "acsp")
	copy(head[68:], fixed(nil, d50...))
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

// TestProfilesAreReal: exiftool reads the profiles of these tests.
func TestProfilesAreReal(t *testing.T) {
	if _, err := exec.LookPath("exiftool"); err != nil {
		t.Skip("exiftool isn't installed")
	}
	for _, p := range append(rgbProfiles, grayProfile) {
		path := filepath.Join(t.TempDir(), "profile.icc")
		if err := os.WriteFile(path, p.bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := exec.Command("exiftool", "-s3", "-ProfileDescription", "-ColorSpaceData", "-warning", path).CombinedOutput()
		if want := p.name + "\n" + strings.TrimSpace(p.space) + "\n"; err != nil || !bytes.Equal(got, []byte(want)) {
			t.Errorf("exiftool says %q of %s, error %v; want %q", got, p.name, err, want)
		}
	}
}
