package main

import (
	"errors"
	"io/fs"
	"net/netip"
	"regexp"
	"strconv"
)

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
