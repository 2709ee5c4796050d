package httpport

import (
	"net/netip"
	"os"
	"slices"
	"strings"
)

// IsOneOf reports whether hosts have a name, in any case.
func IsOneOf(hosts []string, name string) bool {
	return slices.ContainsFunc(hosts, func(host string) bool { return strings.EqualFold(host, name) })
}

// IsLocalName reports whether no site can make a name mean this machine: it is an IP address,
// localhost, or the machine's own name.
func IsLocalName(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	self, _ := os.Hostname()
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == strings.ToLower(self)
}
