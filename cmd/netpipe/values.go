package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

var errNegative = errors.New("below 0")

// A count is the value of an option: a whole number that is not negative.
type count int

func (c *count) String() string { return strconv.Itoa(int(*c)) }

func (c *count) Set(s string) error {
	n, err := strconv.Atoi(s)
	switch {
	case err != nil:
		return errors.New("not a whole number")
	case n < 0:
		return errNegative
	}
	*c = count(n)
	return nil
}

// A span is the value of an option: a duration that is not negative.
type span time.Duration

func (t *span) String() string { return time.Duration(*t).String() }

func (t *span) Set(s string) error {
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return errors.New("not a time, such as 30s, 250ms or 2m")
	case d < 0:
		return errNegative
	}
	*t = span(d)
	return nil
}

// A byteSize is the value of an option: a number of bytes.
type byteSize int64

var units = []struct {
	name  string
	bytes float64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

// Set reads forms such as "300", "64KiB", "1.5 GiB".
func (b *byteSize) Set(s string) error {
	unit := 1.0
	number := s
	for _, u := range units {
		if n, ok := strings.CutSuffix(s, u.name); ok {
			number, unit = strings.TrimSpace(n), u.bytes
			break
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || !(v >= 0 && v*unit < math.MaxInt64) || unit == 1 && v != math.Trunc(v) {
		return errors.New("not a size, such as 300, 64KiB, 256MiB or 4GiB")
	}
	*b = byteSize(v * unit)
	return nil
}

// String returns the size in the largest unit of which it is a whole number.
func (b *byteSize) String() string {
	for _, u := range units {
		if unit := int64(u.bytes); *b > 0 && int64(*b)%unit == 0 {
			return fmt.Sprintf("%d%s", int64(*b)/unit, u.name)
		}
	}
	return strconv.FormatInt(int64(*b), 10)
}

// A fileMode is the value of an option: permissions in octal.
type fileMode fs.FileMode

func (m *fileMode) String() string { return strconv.FormatUint(uint64(*m), 8) }

func (m *fileMode) Set(s string) error {
	mode, err := strconv.ParseUint(s, 8, 32)
	if err != nil || mode == 0 || mode > 0o777 {
		return errors.New("not permissions in octal, such as 0660")
	}
	*m = fileMode(mode)
	return nil
}

// parsePrefix reads a CIDR prefix, or a single address.
func parsePrefix(s string) (netip.Prefix, error) {
	if at, err := netip.ParseAddr(s); err == nil && at.Unmap().IsUnspecified() {
		return netip.Prefix{}, errors.New("no client has this address; all of them are 0.0.0.0/0 and ::/0")
	} else if err == nil {
		return netip.PrefixFrom(at, at.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, errors.New("not a CIDR prefix, such as 192.0.2.0/24 or 2001:db8::/32")
	}
	return p, nil
}
