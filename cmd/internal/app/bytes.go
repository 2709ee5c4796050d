package app

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Bytes is the value of an option: a number of bytes that is not negative.
type Bytes int64

// units are powers of 1024: "M" and "MiB" are the same. What others call MB is 1000000 or
// 1048576, so it is refused.
var units = []struct {
	letter string
	bytes  float64
}{{"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}}

// Set reads forms such as "300", "64KiB", "10M" and "1.5 GiB".
func (b *Bytes) Set(text string) error {
	unit := 1.0
	number := strings.TrimSuffix(text, "iB")
	for _, u := range units {
		for _, letter := range []string{u.letter, strings.ToLower(u.letter)} {
			if n, ok := strings.CutSuffix(number, letter); ok && unit == 1 {
				number, unit = strings.TrimSpace(n), u.bytes
			}
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || !(v >= 0 && v*unit < math.MaxInt64) || unit == 1 && (v != math.Trunc(v) || number != text) {
		return errors.New("not a size, such as 300, 64KiB, 10M or 4GiB")
	}
	*b = Bytes(v * unit)
	return nil
}

// String returns the size in the largest unit of which it is a whole number.
func (b *Bytes) String() string {
	for _, u := range units {
		if unit := int64(u.bytes); *b > 0 && int64(*b)%unit == 0 {
			return strconv.FormatInt(int64(*b)/unit, 10) + u.letter + "iB"
		}
	}
	return strconv.FormatInt(int64(*b), 10)
}
