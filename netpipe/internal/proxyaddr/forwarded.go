package proxyaddr

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
)

// ErrConflict is an error of Client.
var ErrConflict = errors.New("the fields Forwarded and X-Forwarded-For name different clients")

// Client returns the address of the client of an HTTP request that peer, a trusted proxy,
// hands on: the last address that is not trusted of those in its fields Forwarded (RFC 7239)
// or X-Forwarded-For. Each proxy appends the address from which it got the request, so that
// what stands before that address may be made up.
//
// If all addresses are trusted, the first one is the client's. Where an element has no
// address, such as for=unknown, or is malformed, the proxy that added it is all that is
// known: its own address is returned, which is peer if the element is the last one, or if
// there is none. A proxy hands on the one of the two fields that it does not know as it
// comes, so that ErrConflict is returned if both are there and name different clients.
func Client(fields http.Header, peer netip.Addr, trusts func(netip.Addr) bool) (netip.Addr, error) {
	forwarded, plain := fields.Values("Forwarded"), fields.Values("X-Forwarded-For")
	if len(forwarded) == 0 {
		return walk(plain, peer, trusts, parseNode), nil
	}
	client := walk(forwarded, peer, trusts, parseElement)
	if len(plain) > 0 && walk(plain, peer, trusts, parseNode) != client {
		return netip.Addr{}, ErrConflict
	}
	return client, nil
}

// walk returns the client's address in lines of a field, whose elements parse takes.
func walk(lines []string, client netip.Addr, trusts func(netip.Addr) bool, parse func(string) (netip.Addr, bool)) netip.Addr {
	rest := strings.Join(lines, ",")
	for element, more := "", len(lines) > 0; more; {
		element, rest, more = cutLast(rest, ',')
		if element == "" { // an empty element is none (RFC 9110, section 5.6.1)
			continue
		}
		at, ok := parse(element)
		if !ok {
			return client
		}
		if client = at; !trusts(at) {
			return client
		}
	}
	return client
}

// cutLast cuts off what follows the last separator outside of a quoted string, without the
// space around it. It reports whether there is a separator. What stands before the last
// element may be made up, such as a string that does not end: so the text is read backwards.
func cutLast(text string, separator byte) (last, before string, found bool) {
	inString := false
	for i := len(text) - 1; i >= 0; i-- {
		switch {
		case text[i] == '"' && !(inString && isEscaped(text[:i])):
			inString = !inString
		case text[i] == separator && !inString:
			return strings.Trim(text[i+1:], " \t"), text[:i], true
		}
	}
	return strings.Trim(text, " \t"), "", false
}

// isEscaped reports whether a character behind text, in a quoted string, is escaped there.
func isEscaped(text string) bool {
	return (len(text)-len(strings.TrimRight(text, `\`)))%2 == 1
}

// parseElement returns the address of the parameter "for" of an element of Forwarded (RFC
// 7239, section 4).
func parseElement(element string) (at netip.Addr, ok bool) {
	for pair, more := "", true; more; {
		pair, element, more = cutLast(element, ';')
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case !strings.EqualFold(name, "for"):
		case at.IsValid(): // twice
			return netip.Addr{}, false
		default:
			if at, ok = parseNode(unquote(value)); !ok {
				return netip.Addr{}, false
			}
		}
	}
	return at, ok
}

// unquote returns the text of a quoted string (RFC 9110, section 5.6.4), and any other text
// as it is. No address has a character that is escaped.
func unquote(text string) string {
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		return text[1 : len(text)-1]
	}
	return text
}

// parseNode returns the address in a node of Forwarded (RFC 7239, section 6), such as
// "192.0.2.1:4711" or "[2001:db8::1]", or in an element of X-Forwarded-For, where IPv6 may
// have no brackets. There is none in "unknown", or in the name of a node ("_gazonk").
func parseNode(node string) (netip.Addr, bool) {
	host, port := node, ""
	if inside, isBracketed := strings.CutPrefix(node, "["); isBracketed {
		var closed bool
		if host, port, closed = strings.Cut(inside, "]"); !closed || !strings.Contains(host, ":") {
			return netip.Addr{}, false
		}
	} else if i := strings.IndexByte(node, ':'); i >= 0 && i == strings.LastIndexByte(node, ':') {
		host, port = node[:i], node[i:]
	}
	at, err := netip.ParseAddr(host)
	if err != nil || at.Zone() != "" || port != "" && !isPort(port) {
		return netip.Addr{}, false
	}
	return at.Unmap(), true
}

// isPort reports whether a text is a colon, and the number or the name of a port (RFC 7239,
// section 6.3).
func isPort(text string) bool {
	name, ok := strings.CutPrefix(text, ":")
	const digits, letters = "0123456789", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	switch {
	case !ok || name == "":
		return false
	case name[0] == '_':
		return len(name) > 1 && strings.Trim(name, digits+letters+"._-") == ""
	}
	return len(name) <= 5 && strings.Trim(name, digits) == ""
}
