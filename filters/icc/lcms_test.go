package icc_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"imgpipe/filters/icc"
	"imgpipe/filters/internal/imagetest"
)

// profiles are the profiles of these tests, by name.
func profiles() map[string][]byte {
	all := map[string][]byte{}
	for _, p := range []imagetest.Profile{
		imagetest.SRGB, imagetest.DisplayP3, imagetest.AdobeRGB, imagetest.ProPhoto, imagetest.GrayGamma, imagetest.GrayTables,
		{Name: "curves that differ", Space: "RGB ", Colorants: imagetest.SRGB.Colorants, Version: 2, Curves: [][]byte{
			imagetest.Gamma(1.8), imagetest.Gamma(2.2), imagetest.Sampled(2, func(x float64) float64 { return x })}},
		{Name: "linear", Space: "RGB ", Version: 2, Colorants: imagetest.ProPhoto.Colorants, Curves: [][]byte{imagetest.Sampled(0, nil)}},
		{Name: "black that is gray", Space: "RGB ", Colorants: imagetest.SRGB.Colorants, Curves: [][]byte{imagetest.Parametric(2.2, 0.9, 0.1, 0.02)}},
		{Name: "CMYK, lut8", Space: "CMYK", Version: 2, Table: imagetest.Lut8(imagetest.Inks, 4, 9)},
		{Name: "CMYK, lut16", Space: "CMYK", Version: 2, Table: imagetest.Lut16(imagetest.Inks, 4, 9)},
		{Name: "CMYK, lutAToB", Space: "CMYK", Table: imagetest.LutAToB(imagetest.Inks, 4, 9)},
		{Name: "RGB, lut8", Space: "RGB ", Version: 2, Table: imagetest.Lut8(imagetest.Screen, 3, 17)},
		{Name: "RGB, lut16", Space: "RGB ", Version: 2, Table: imagetest.Lut16(imagetest.Screen, 3, 17)},
		{Name: "RGB, lutAToB", Space: "RGB ", Table: imagetest.LutAToB(imagetest.Screen, 3, 17)},
	} {
		all[p.Name] = p.Bytes()
	}
	for _, name := range []string{"RGB, lut8", "RGB, lut16", "RGB, lutAToB"} { // colours of no device, but colours
		all[name+" to CIEXYZ"] = bytes.Replace(all[name], []byte("Lab "), []byte("XYZ "), 1)
	}
	return all
}

// TestLikeLittleCMS compares with Little CMS: perceptual where there are tables, else
// relative colorimetric, with black point compensation.
func TestLikeLittleCMS(t *testing.T) {
	if _, err := exec.LookPath("transicc"); err != nil {
		t.Skip("transicc isn't installed")
	}
	all := profiles()
	const debian = "/usr/share/color/icc"
	for _, name := range []string{"compatibleWithAdobeRGB1998.icc", "LStar-RGB.icc", "Gray.icc", "Gray-CIE_L.icc"} {
		data, err := os.ReadFile(filepath.Join(debian, name))
		if err != nil {
			t.Logf("%s is skipped: Debian's icc-profiles-free isn't installed", name)
			continue
		}
		all[name] = data
	}
	for name, data := range all {
		t.Run(name, func(t *testing.T) {
			space := icc.SpaceOf(data)
			colours := testColours(space)
			want := littleCMS(t, data, space, colours)
			for _, depth := range []int{8, 16} {
				got := convert(t, data, space, colours, depth)
				sum, most := 0.0, 0.0
				for i := range got {
					d := deltaE2000(labOfSRGB(got[i]), labOfSRGB(want[i]))
					sum, most = sum+d, max(most, d)
				}
				mean := sum / float64(len(got))
				limit := 1.5
				if space == icc.CMYK { // Little CMS interpolates four inputs in another way
					limit = 4
				}
				if mean > 0.5 || most > limit {
					t.Errorf("%d bits: mean of ΔE2000 %.3f, largest %.2f; want at most 0.5 and %v", depth, mean, most, limit)
				}
			}
		})
	}
}

// testColours returns colours of a space, as samples of 8 bits.
func testColours(space icc.Space) (all [][]uint8) {
	random := rand.New(rand.NewPCG(1, 2))
	n := map[icc.Space]int{icc.Gray: 1, icc.RGB: 3, icc.CMYK: 4}[space]
	for i := range 256 {
		grays := make([]uint8, n)
		for k := range grays {
			grays[k] = uint8(i)
		}
		all = append(all, grays)
	}
	for range 2000 {
		c := make([]uint8, n)
		for k := range c {
			c[k] = uint8(random.IntN(256))
			if space == icc.CMYK { // as inks are used: rarely all of them
				c[k] = uint8(float64(c[k]) * random.Float64())
			}
		}
		all = append(all, c)
	}
	return all
}

// convert converts colours by the package. The result is 0 to 255.
func convert(t *testing.T, profile []byte, space icc.Space, colours [][]uint8, depth int) (all [][3]float64) {
	t.Helper()
	p, err := icc.Parse(profile)
	if err != nil {
		t.Fatal(err)
	}
	transform := p.ToSRGB(space)
	samples := 4
	if space == icc.Gray {
		samples = 1
	}
	var row []uint8
	for _, c := range colours {
		c = append(append([]uint8(nil), c...), 77)[:samples]
		for _, v := range c {
			row = append(row, v)
			if depth == 16 {
				row = append(row, v)
			}
		}
	}
	if transform != nil {
		transform.Row(row, samples, depth)
	}
	size := samples * depth / 8
	for ; len(row) > 0; row = row[size:] {
		var c [3]float64
		for k := range c {
			i := k % (samples - samples/4) * depth / 8
			c[k] = float64(row[i])
			if depth == 16 {
				c[k] = (float64(row[i])*256 + float64(row[i+1])) / 257
			}
		}
		all = append(all, c)
	}
	return all
}

// littleCMS converts colours by transicc.
func littleCMS(t *testing.T, profile []byte, space icc.Space, colours [][]uint8) (all [][3]float64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "profile.icc")
	if err := os.WriteFile(path, profile, 0o666); err != nil {
		t.Fatal(err)
	}
	var in strings.Builder
	for _, c := range colours {
		for _, v := range c {
			if space == icc.CMYK {
				fmt.Fprintf(&in, "%.6f ", float64(v)/2.55)
			} else {
				fmt.Fprintf(&in, "%d ", v)
			}
		}
		in.WriteByte('\n')
	}
	intent := "-t1"
	if bytes.Contains(profile, []byte("A2B0")) {
		intent = "-t0"
	}
	cmd := exec.Command("transicc", "-n", "-s", "-c0", intent, "-b", "-i", path, "-o", "*sRGB")
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	numbers := strings.NewReader(string(out))
	for range colours {
		var c [3]float64
		if _, err := fmt.Fscan(numbers, &c[0], &c[1], &c[2]); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// labOfSRGB returns the CIELAB of values from 0 to 255.
func labOfSRGB(c [3]float64) [3]float64 {
	for i, v := range c {
		v = max(0, min(v/255, 1))
		if v <= 0.04045 {
			c[i] = v / 12.92
		} else {
			c[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return imagetest.LabOfLinear(c)
}

// deltaE2000 is the difference of two colours (CIE 142; Sharma, Wu and Dalal 2005).
func deltaE2000(p, q [3]float64) float64 {
	rad := math.Pi / 180
	c := (math.Hypot(p[1], p[2]) + math.Hypot(q[1], q[2])) / 2
	g := 0.5 * (1 - math.Sqrt(math.Pow(c, 7)/(math.Pow(c, 7)+math.Pow(25, 7))))
	a1, a2 := p[1]*(1+g), q[1]*(1+g)
	c1, c2 := math.Hypot(a1, p[2]), math.Hypot(a2, q[2])
	hue := func(a, b float64) float64 {
		if h := math.Atan2(b, a) / rad; h < 0 {
			return h + 360
		} else {
			return h
		}
	}
	h1, h2 := hue(a1, p[2]), hue(a2, q[2])
	dh, h := h2-h1, (h1+h2)/2
	switch {
	case c1*c2 == 0:
		dh, h = 0, h1+h2
	case dh > 180:
		dh, h = dh-360, h+180
	case dh < -180:
		dh, h = dh+360, h+180
	}
	dL, dC, dH := q[0]-p[0], c2-c1, 2*math.Sqrt(c1*c2)*math.Sin(dh/2*rad)
	l, cm := (p[0]+q[0])/2, (c1+c2)/2
	tt := 1 - 0.17*math.Cos((h-30)*rad) + 0.24*math.Cos(2*h*rad) + 0.32*math.Cos((3*h+6)*rad) - 0.2*math.Cos((4*h-63)*rad)
	sl := 1 + 0.015*(l-50)*(l-50)/math.Sqrt(20+(l-50)*(l-50))
	sc, sh := 1+0.045*cm, 1+0.015*cm*tt
	rt := -math.Sin(60*rad*math.Exp(-math.Pow((h-275)/25, 2))) * 2 * math.Sqrt(math.Pow(cm, 7)/(math.Pow(cm, 7)+math.Pow(25, 7)))
	return math.Sqrt(math.Pow(dL/sl, 2) + math.Pow(dC/sc, 2) + math.Pow(dH/sh, 2) + rt*dC/sc*dH/sh)
}
