package main

import (
	"errors"
	"io/fs"
	"net/netip"
	"regexp"
	"strconv"
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

// A niceness is the value of an option: how much less urgent than another a process is.
type niceness int

func (n *niceness) String() string { return strconv.Itoa(int(*n)) }

func (n *niceness) Set(s string) error {
	const most = 19
	i, err := strconv.Atoi(s)
	if err != nil || i < 0 || i > most {
		return errors.New("not a whole number from 0 to 19")
	}
	*n = niceness(i)
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

var hostName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// isHostName reports whether a text can be the name of a host in a browser's Origin,
// without a port. Names in other scripts are there in Punycode.
func isHostName(text string) bool { return hostName.MatchString(text) }

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
