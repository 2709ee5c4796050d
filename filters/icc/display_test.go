package icc

import (
	"math"
	"testing"
)

// TestDisplay compares colorants with those of published profiles, and converts pixels.
func TestDisplay(t *testing.T) {
	d65 := SRGB.White
	p3 := Display{White: d65, Red: [2]float64{0.68, 0.32}, Green: [2]float64{0.265, 0.69}, Blue: [2]float64{0.15, 0.06}, Curve: SRGB.Curve}
	adobe := Display{White: d65, Red: [2]float64{0.64, 0.33}, Green: [2]float64{0.21, 0.71}, Blue: [2]float64{0.15, 0.06}, Curve: PowerCurve(2.2)}
	linear := SRGB
	linear.Curve = PowerCurve(1)
	for _, c := range []struct {
		name string
		d    Display
		red  [3]float64 // CIEXYZ
		of   [4]uint8   // a pixel
		want [4]uint8   // in sRGB
	}{
		{"sRGB", SRGB, [3]float64{0.4361, 0.2225, 0.0139}, [4]uint8{}, [4]uint8{}},
		{"Display P3", p3, [3]float64{0.5151, 0.2412, -0.0011}, [4]uint8{200, 100, 50, 9}, [4]uint8{215, 93, 31, 9}},
		{"Adobe RGB", adobe, [3]float64{0.6097, 0.3111, 0.0195}, [4]uint8{100, 150, 100, 9}, [4]uint8{66, 151, 97, 9}},
		{"linear", linear, [3]float64{0.4361, 0.2225, 0.0139}, [4]uint8{55, 120, 8, 9}, [4]uint8{128, 182, 49, 9}},
	} {
		m, ok := c.d.colorants()
		if !ok {
			t.Errorf("%s: no colorants", c.name)
		}
		for k, want := range c.red {
			if math.Abs(m[k][0]-want) > 0.0002 {
				t.Errorf("%s: red is %v, want %v", c.name, []float64{m[0][0], m[1][0], m[2][0]}, c.red)
				break
			}
		}
		p, err := Parse(c.d.Profile())
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		convert := p.ToSRGB(RGB)
		if (convert == nil) != c.d.IsSRGB() {
			t.Errorf("%s: there is a conversion: %t", c.name, convert != nil)
		}
		if convert == nil {
			continue
		}
		got := c.of
		convert.Row(got[:], 4, 8)
		for k, want := range c.want {
			if d := int(got[k]) - int(want); d < -1 || d > 1 {
				t.Errorf("%s: %v becomes %v, want %v", c.name, c.of, got, c.want)
				break
			}
		}
	}
}

func TestImpossibleDisplays(t *testing.T) {
	line := SRGB
	line.Green = line.Red
	noWhite := SRGB
	noWhite.White = [2]float64{0.3, 0}
	for name, d := range map[string]Display{"nothing": {}, "two equal primaries": line, "no white": noWhite} {
		if d.Profile() != nil {
			t.Errorf("%s has a profile", name)
		}
	}
}
