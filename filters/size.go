package filters

import (
	"fmt"
	"strconv"
	"strings"
)

// A Factor is a scale factor as an exact fraction, so that "-factor 0.145" of
// 100 pixels is 15 and not what is left of it in binary. The zero value is 1/2.
type Factor struct{ num, den int64 }

// ParseFactor reads "0.5" or "50%": a positive decimal number of at most nine
// digits.
func ParseFactor(s string) (Factor, error) {
	digits, percent := strings.CutSuffix(s, "%")
	whole, fraction, _ := strings.Cut(digits, ".")
	num, err := strconv.ParseUint(whole+fraction, 10, 32)
	if err != nil || len(whole+fraction) > 9 || num == 0 {
		return Factor{}, fmt.Errorf("%q is no factor: 0.5, 50%%", s)
	}
	f := Factor{int64(num), 1}
	for range fraction {
		f.den *= 10
	}
	if percent {
		f.den *= 100
	}
	return f, nil
}

// of is n pixels scaled, rounded half up, at least 1.
func (f Factor) of(n int) int { return int(roundedQuotient(int64(n)*f.num, f.den)) }

// orHalf is what the factor means.
func (f Factor) orHalf() Factor {
	if f.den == 0 {
		return Factor{1, 2}
	}
	return f
}

// roundedQuotient is a/b for positive values, rounded half up, at least 1.
func roundedQuotient(a, b int64) int64 { return max(1, (2*a+b)/(2*b)) }

// A Size is what -size asks for, in pixels; 0 is "as the other side has it".
type Size struct {
	Width, Height int
	Mode          Mode
}

// A Mode says how a picture comes to a size that has other proportions.
type Mode int

const (
	Fit     Mode = iota // as large as fits into it, proportions kept
	Fill                // as small as covers it, then cropped in the middle
	Stretch             // just so, proportions lost
)

// ParseSize reads "800x600", "800x" or "x600".
func ParseSize(s string) (Size, error) {
	w, h, ok := strings.Cut(s, "x")
	width, err1 := parseSide(w)
	height, err2 := parseSide(h)
	if !ok || err1 != nil || err2 != nil || width+height == 0 {
		return Size{}, fmt.Errorf("%q is no size: 800x600, 800x, x600", s)
	}
	return Size{Width: width, Height: height}, nil
}

func parseSide(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 10, 31)
	if err == nil && n == 0 {
		err = strconv.ErrRange
	}
	return int(n), err
}

// plan says how the whole of a picture comes to the size.
func (s Size) plan(whole plan) plan {
	w, h := int64(whole.width), int64(whole.height)
	sw, sh := int64(s.Width), int64(s.Height)
	p := whole
	switch {
	case s.Mode == Stretch && sw*sh != 0:
		p.width, p.height = s.Width, s.Height
	case s.Mode == Fill && sw*sh != 0:
		p.width, p.height = s.Width, s.Height
		if sw*h > sh*w { // wider than the picture: crop above and below
			p.window.Height = float64(w) * float64(sh) / float64(sw)
			p.window.Y = (float64(h) - p.window.Height) / 2
		} else {
			p.window.Width = float64(h) * float64(sw) / float64(sh)
			p.window.X = (float64(w) - p.window.Width) / 2
		}
	case sh == 0 || sw != 0 && sw*h <= sh*w: // the width decides
		p.width, p.height = s.Width, int(roundedQuotient(h*sw, w))
	default:
		p.width, p.height = int(roundedQuotient(w*sh, h)), s.Height
	}
	return p
}
