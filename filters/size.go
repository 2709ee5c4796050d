package filters

import (
	"fmt"
	"strconv"
	"strings"
)

// A Factor is a scale factor as an exact fraction: 0.145 of 100 pixels is 15,
// which binary floating point would round to 14. The zero value means 1/2.
type Factor struct{ num, den int64 }

// ParseFactor reads "0.5" or "50%": a positive decimal number of at most nine
// digits.
func ParseFactor(s string) (Factor, error) {
	digits, percent := strings.CutSuffix(s, "%")
	whole, fraction, _ := strings.Cut(digits, ".")
	num, err := strconv.ParseUint(whole+fraction, 10, 32)
	if err != nil || len(whole+fraction) > 9 || num == 0 {
		return Factor{}, fmt.Errorf("invalid factor %q: want a number such as 0.5 or 50%%", s)
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

// Exceeds reports whether f is more than n.
func (f Factor) Exceeds(n int) bool { return f.num > int64(n)*f.den }

// orHalf returns f, or 1/2 for the zero value.
func (f Factor) orHalf() Factor {
	if f.den == 0 {
		return Factor{1, 2}
	}
	return f
}

// scale returns n pixels scaled, rounded half up, at least 1.
func (f Factor) scale(n int) int { return int(roundedQuotient(int64(n)*f.num, f.den)) }

// roundedQuotient returns a/b for positive values, rounded half up, at least 1.
func roundedQuotient(a, b int64) int64 { return max(1, (2*a+b)/(2*b)) }

// A Size is a size in pixels. A side of 0 follows from the other side and the
// picture's proportions.
type Size struct {
	Width, Height int
	Mode          Mode
}

// A Mode says how a picture comes to a size of other proportions.
type Mode int

// The modes.
const (
	Fit     Mode = iota // as large as fits into the size, proportions kept
	Fill                // as small as covers the size, then cropped in the middle
	Stretch             // exactly the size, proportions lost
	Cover               // as small as covers the size, proportions kept, not cropped
)

// ParseSize reads "800x600", "800x" or "x600"; "800" is the same as "800x". As in
// ImageMagick a "!" behind a size is the mode Stretch, and a "^" Cover.
func ParseSize(s string) (Size, error) {
	sides, mode := s, Fit
	if before, ok := strings.CutSuffix(s, "!"); ok {
		sides, mode = before, Stretch
	} else if before, ok := strings.CutSuffix(s, "^"); ok {
		sides, mode = before, Cover
	}
	w, h, _ := strings.Cut(strings.ToLower(sides), "x")
	width, err1 := parseSide(w)
	height, err2 := parseSide(h)
	if err1 != nil || err2 != nil || width+height == 0 {
		return Size{}, fmt.Errorf("invalid size %q: want a size such as 800x600, 800x or x600", s)
	}
	return Size{Width: width, Height: height, Mode: mode}, nil
}

// parseSide reads a positive number. The empty string means 0.
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
