package icc_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"imgpipe/filters/icc"
	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/pixel"
)

// TestGray: gray of a profile has the profile's own curve, none if that is sRGB's,
// and the luminance of equal samples if there is no single curve.
func TestGray(t *testing.T) {
	for name, c := range map[string]struct {
		tone    func(v float64) float64 // nil: no profile
		longest int
	}{
		"sRGB":                     {nil, 0},
		"Display P3":               {nil, 0},
		"Adobe RGB (1998)":         {func(v float64) float64 { return math.Pow(v, 563./256) }, 400},
		"ProPhoto RGB":             {func(v float64) float64 { return max(v/16, math.Pow(v, 1.8)) }, 400},
		"linear":                   {func(v float64) float64 { return v }, 400},
		"Gray, gamma 1.8":          {func(v float64) float64 { return math.Pow(v, 1.8) }, 400},
		"Gray, a dot gain of 20 %": {func(v float64) float64 { return v * v * (1.2 - 0.2*v) }, 600},
		"RGB, lut16":               {func(v float64) float64 { return v * v }, 2500},
		"RGB, lutAToB":             {func(v float64) float64 { return v * v }, 2500},
		"curves that differ": {func(v float64) float64 {
			return 0.22249*math.Pow(v, 1.8) + 0.71687*math.Pow(v, 2.2) + 0.06061*v
		}, 2500},
	} {
		t.Run(name, func(t *testing.T) {
			gray := mustParse(t, profiles()[name]).Gray()
			if c.tone == nil {
				if gray != nil {
					t.Errorf("a profile of %d bytes, want none", len(gray))
				}
				return
			}
			if len(gray) > c.longest || icc.SpaceOf(gray) != icc.Gray {
				t.Fatalf("a profile of %d bytes for %q, want at most %d for gray", len(gray), icc.SpaceOf(gray), c.longest)
			}
			row := make([]uint8, 256)
			for i := range row {
				row[i] = uint8(i)
			}
			mustParse(t, gray).ToSRGB(icc.Gray).Row(row, 1, 8)
			for i, got := range row {
				want := pixel.FromLinear(c.tone(float64(i)/255)) * 255
				if math.Abs(float64(got)-want) > 2 { // a table of CIELAB is coarse near black
					t.Fatalf("%d becomes %d, want %.2f", i, got, want)
				}
			}
		})
	}
}

// TestGrayIsReal: exiftool reads the profiles that Gray makes, without a warning.
func TestGrayIsReal(t *testing.T) {
	if _, err := exec.LookPath("exiftool"); err != nil {
		t.Skip("exiftool isn't installed")
	}
	for name, version := range map[string]string{"Adobe RGB (1998)": "2.4.0", "ProPhoto RGB": "4.3.0", "curves that differ": "2.4.0"} {
		path := filepath.Join(t.TempDir(), "gray.icc")
		if err := os.WriteFile(path, mustParse(t, profiles()[name]).Gray(), 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := exec.Command("exiftool", "-s3", "-ProfileDescription", "-ProfileCopyright", "-ColorSpaceData", "-ProfileVersion", "-warning", path).CombinedOutput()
		if want := "Gray\nCC0\nGRAY\n" + version + "\n"; err != nil || string(got) != want {
			t.Errorf("%s: exiftool says %q, error %v; want %q", name, got, err, want)
		}
	}
}

// TestIdentity: pixels of sRGB, and gray of sRGB's curve, need no transform.
func TestIdentity(t *testing.T) {
	for _, c := range []struct {
		name   string
		pixels icc.Space
		want   bool
	}{
		{"sRGB", icc.RGB, true}, {"sRGB", icc.Gray, true}, {"Display P3", icc.Gray, true},
		{"Display P3", icc.RGB, false}, {"Adobe RGB (1998)", icc.Gray, false}, {"Gray, gamma 1.8", icc.Gray, false},
	} {
		if got := mustParse(t, profiles()[c.name]).ToSRGB(c.pixels) == nil; got != c.want {
			t.Errorf("%s, pixels %q: no transform is %v, want %v", c.name, c.pixels, got, c.want)
		}
	}
}

// TestAlpha: alpha stays, in all layouts; CMYK becomes opaque.
func TestAlpha(t *testing.T) {
	for _, c := range []struct {
		name           string
		samples, depth int
		want           uint8
	}{
		{"Gray, gamma 1.8", 2, 8, 7}, {"Gray, gamma 1.8", 2, 16, 7},
		{"Display P3", 4, 8, 7}, {"Display P3", 4, 16, 7}, {"RGB, lut8", 4, 8, 7}, {"RGB, lut8", 4, 16, 7},
		{"CMYK, lut8", 4, 8, 255}, {"CMYK, lut8", 4, 16, 255},
	} {
		row := bytes.Repeat([]byte{7}, 3*c.samples*c.depth/8)
		data := profiles()[c.name]
		mustParse(t, data).ToSRGB(icc.SpaceOf(data)).Row(row, c.samples, c.depth)
		for at := len(row); at > 0; at -= c.samples * c.depth / 8 {
			if row[at-1] != c.want {
				t.Errorf("%s, %d samples of %d bits: alpha %d, want %d", c.name, c.samples, c.depth, row[at-1], c.want)
			}
		}
	}
}

// TestUnusable: what is broken is an ErrProfile that says what is wrong.
func TestUnusable(t *testing.T) {
	p3, cmyk := imagetest.DisplayP3.Bytes(), profiles()["CMYK, lut16"]
	changed := func(data []byte, old, new string) []byte { return bytes.Replace(data, []byte(old), []byte(new), 1) }
	points := changed(cmyk, "mft2\x00\x00\x00\x00\x04\x03\x09", "mft2\x00\x00\x00\x00\x04\x03\xff")
	count := imagetest.AdobeRGB.Bytes()
	binary.BigEndian.PutUint32(count[bytes.Index(count, []byte("curv"))+8:], 1<<31)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":              {nil, "header"},
		"no signature":         {changed(p3, "acsp", "ACSP"), "header"},
		"too long":             {append(p3, make([]byte, 16<<20)...), "bytes"},
		"of L*a*b*":            {changed(p3, "RGB ", "Lab "), "describes"},
		"to a device":          {changed(p3, "XYZ ", "RGB "), "leads"},
		"cut off":              {p3[:len(p3)-60], "has no"},
		"no colorant":          {changed(p3, "gXYZ", "hXYZ"), "gXYZ"},
		"no curve":             {changed(p3, "bTRC", "cTRC"), "bTRC"},
		"a curve of no type":   {changed(p3, "para", "parb"), "curve of type"},
		"a function of type 9": {changed(p3, "para\x00\x00\x00\x00\x00\x03", "para\x00\x00\x00\x00\x00\x09"), "parametric"},
		"2^31 values":          {count, "values"},
		"255^4 nodes":          {points, "cut off"},
		"a table of no type":   {changed(cmyk, "mft2", "mft3"), "type"},
		"a table of RGB":       {changed(cmyk, "CMYK", "RGB "), "channels"},
		"no table":             {changed(cmyk, "A2B0", "B2A0"), "table"},
	} {
		_, err := icc.Parse(c.data)
		if !errors.Is(err, icc.ErrProfile) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an ErrProfile with %q", name, err, c.want)
		}
	}
}

func mustParse(t testing.TB, data []byte) *icc.Profile {
	t.Helper()
	p, err := icc.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// FuzzParse: no profile makes the package panic, and gray of a profile is a profile
// of gray.
func FuzzParse(f *testing.F) {
	for _, data := range profiles() {
		if len(data) < 4096 {
			f.Add(data)
		}
	}
	for _, p := range []imagetest.Profile{
		{Space: "CMYK", Table: imagetest.Lut8(imagetest.Inks, 4, 2)}, {Space: "CMYK", Table: imagetest.Lut16(imagetest.Inks, 4, 2)}, {Space: "RGB ", Table: imagetest.LutAToB(imagetest.Screen, 3, 2)},
	} {
		f.Add(p.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := icc.Parse(data)
		if err != nil {
			if !errors.Is(err, icc.ErrProfile) {
				t.Fatalf("%v is no ErrProfile", err)
			}
			return
		}
		space := icc.SpaceOf(data)
		samples := 4
		if space == icc.Gray {
			samples = 1
		}
		if transform := p.ToSRGB(space); transform != nil {
			for _, depth := range []int{8, 16} {
				transform.Row([]byte{0, 1, 2, 3, 128, 127, 255, 254, 9, 99, 199, 222, 255, 255, 255, 255}, samples, depth)
			}
		}
		if space == icc.CMYK {
			return
		}
		p.ToSRGB(icc.Gray)
		if gray := p.Gray(); gray != nil {
			if again := mustParse(t, gray).Gray(); again != nil && !bytes.Equal(gray, again) {
				t.Fatal("gray of a gray profile is another one")
			}
		}
	})
}

// TestRow8 holds the fast conversion of 8 bits against that of 16 bits.
func TestRow8(t *testing.T) {
	for _, name := range []string{"Display P3", "ProPhoto RGB", "curves that differ", "black that is gray"} {
		colours := testColours(icc.RGB)
		fast := convert(t, profiles()[name], icc.RGB, colours, 8)
		exact := convert(t, profiles()[name], icc.RGB, colours, 16)
		for i := range fast {
			for k := range 3 {
				if d := math.Abs(fast[i][k] - exact[i][k]); d > 0.55 {
					t.Fatalf("%s: %v becomes %v, want about %v", name, colours[i], fast[i], exact[i])
				}
			}
		}
	}
}

func BenchmarkRow(b *testing.B) {
	for _, name := range []string{"Gray, gamma 1.8", "Display P3", "RGB, lut16", "CMYK, lut16"} {
		for depth, bits := range map[int]string{8: "8 bits", 16: "16 bits"} {
			b.Run(name+", "+bits, func(b *testing.B) {
				data := profiles()[name]
				space, samples := icc.SpaceOf(data), 4
				if space == icc.Gray {
					samples = 1
				}
				transform := mustParse(b, data).ToSRGB(space)
				const pixels = 4096
				row, in := make([]byte, pixels*samples*depth/8), make([]byte, pixels*samples*depth/8)
				for i := range in {
					in[i] = byte(i * 7)
				}
				b.SetBytes(pixels) // MB/s are megapixels a second
				for b.Loop() {
					copy(row, in)
					transform.Row(row, samples, depth)
				}
			})
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"sRGB", "Display P3", "CMYK, lut16"} {
		b.Run(name, func(b *testing.B) {
			data := profiles()[name]
			for b.Loop() {
				mustParse(b, data).ToSRGB(icc.SpaceOf(data))
			}
		})
	}
}
