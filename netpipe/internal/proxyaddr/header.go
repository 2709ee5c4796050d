// Package proxyaddr tells the address of a client that comes over proxies: by the header of
// the PROXY protocol, or by the fields of an HTTP request. It does not judge whether a proxy
// may be believed.
package proxyaddr

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"strconv"
	"strings"

	"imgpipe/netpipe/internal/fdio"
)

// ErrHeader is an error of ReadHeader: what came is not a header of the PROXY protocol.
var ErrHeader = errors.New("not a header of the PROXY protocol, version 1 or 2")

// A header of version 1 is one line (section 2.1 of the PROXY protocol of HAProxy, 2020). One
// of version 2 has a signature, a byte for version and command, a byte for the kind of the
// addresses, the length of the rest in 2 bytes, the addresses, and what else the proxy tells
// (section 2.2).
const (
	signature1 = "PROXY "
	maxLine    = 107 // bytes, with the CRLF

	signature2   = "\r\n\r\n\x00\r\nQUIT\n"
	fixedSize    = len(signature2) + 4 // before the addresses
	maxAddresses = 216                 // two paths of unix sockets

	kindTCP4 = 0x11
	kindTCP6 = 0x21
)

// ReadHeader reads the header that a proxy sends in front of a connection's bytes, of version
// 1 or 2, and takes no byte behind it. It returns the address of the proxy's client, or a
// zero AddrPort if the header names none: the connection is the proxy's own (LOCAL), or of a
// kind other than TCP.
//
// The error is ErrHeader as soon as what has come cannot be a header, io.EOF if not one byte
// came, io.ErrUnexpectedEOF if the stream ends within the header, or that of a read. Of a
// long header of version 2 only the addresses are kept.
func ReadHeader(s fdio.Socket) (netip.AddrPort, error) {
	var header [fixedSize + maxAddresses]byte
	for has := 0; ; {
		if err := fdio.AwaitByte(s); err == io.EOF && has > 0 {
			return netip.AddrPort{}, io.ErrUnexpectedEOF
		} else if err != nil {
			return netip.AddrPort{}, err
		}
		more, err := fdio.Peek(s, header[has:])
		if err != nil {
			return netip.AddrPort{}, err
		}
		size, err := headerSize(header[:has+more])
		if err != nil {
			return netip.AddrPort{}, err
		}
		until := has + more
		if size > 0 {
			until = min(size, len(header))
		}
		if _, err := io.ReadFull(s, header[has:until]); err != nil {
			return netip.AddrPort{}, err
		}
		if has = until; size > 0 {
			if err := drop(s, size-has); err != nil {
				return netip.AddrPort{}, err
			}
			return parse(header[:has])
		}
	}
}

// drop reads the rest of a header that is not kept, of size bytes.
func drop(s io.Reader, size int) error {
	_, err := io.CopyN(io.Discard, s, int64(size))
	if err == io.EOF && size > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// IsHeader reports whether a stream begins with a header, of which the addresses have come.
func IsHeader(start []byte) bool {
	size, err := headerSize(start)
	if size == 0 || err != nil {
		return false
	}
	_, err = parse(start[:min(size, len(start))])
	return err == nil
}

// headerSize returns the size, in bytes, of the header that a stream begins with; 0 if more
// of the stream has to come before that can be told.
func headerSize(start []byte) (int, error) {
	line := start[:min(len(start), maxLine)]
	switch {
	case bytes.HasPrefix(start, []byte(signature2)):
		if len(start) < fixedSize {
			return 0, nil
		}
		return fixedSize + int(binary.BigEndian.Uint16(start[fixedSize-2:])), nil
	case bytes.HasPrefix(start, []byte(signature1)):
		end := bytes.IndexByte(line, '\n')
		if end < 0 && len(line) == maxLine {
			return 0, ErrHeader
		}
		return end + 1, nil
	case strings.HasPrefix(signature1, string(line)), strings.HasPrefix(signature2, string(line)):
		return 0, nil
	}
	return 0, ErrHeader
}

// parse returns the client of a header that has come whole, as ReadHeader does.
func parse(header []byte) (netip.AddrPort, error) {
	if header[0] == signature2[0] {
		return parseBinary(header)
	}
	return parseLine(string(header))
}

// parseLine parses a header of version 1. What follows UNKNOWN is ignored.
func parseLine(line string) (netip.AddrPort, error) {
	line, hasEnd := strings.CutSuffix(line, "\r\n")
	fields := strings.Split(line, " ")
	kind := fields[1]
	switch {
	case hasEnd && kind == "UNKNOWN":
		return netip.AddrPort{}, nil
	case !hasEnd, kind != "TCP4" && kind != "TCP6", len(fields) != 6:
		return netip.AddrPort{}, ErrHeader
	}
	client, ok1 := parsePair(kind, fields[2], fields[4])
	_, ok2 := parsePair(kind, fields[3], fields[5])
	if !ok1 || !ok2 {
		return netip.AddrPort{}, ErrHeader
	}
	return client, nil
}

// parsePair parses an address of a kind, and a port of 0 to 65535 without leading zeros.
func parsePair(kind, address, port string) (netip.AddrPort, bool) {
	at, err := netip.ParseAddr(address)
	if err != nil || at.Zone() != "" || at.Is4() != (kind == "TCP4") {
		return netip.AddrPort{}, false
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || port[0] == '0' && len(port) > 1 {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(at.Unmap(), uint16(number)), true
}

// parseBinary parses a header of version 2, of which the addresses may be all that follows
// the fixed part. LOCAL is valid with any addresses.
func parseBinary(header []byte) (netip.AddrPort, error) {
	const version2, local, proxy = 0x20, 0, 1
	command, kind := header[fixedSize-4], header[fixedSize-3]
	size, isKnown := addressSizes[kind]
	addresses := header[fixedSize:]
	switch {
	case command == version2|local:
		return netip.AddrPort{}, nil
	case command != version2|proxy, !isKnown, len(addresses) < size:
		return netip.AddrPort{}, ErrHeader
	case kind == kindTCP4:
		return addrPort(addresses[:4], addresses[8:]), nil
	case kind == kindTCP6:
		return addrPort(addresses[:16], addresses[32:]), nil
	}
	return netip.AddrPort{}, nil
}

// addressSizes are the kinds of addresses that there are, and what both addresses and ports
// take of a header, in bytes.
var addressSizes = map[byte]int{
	0x00:     0, // unspecified
	kindTCP4: 12,
	0x12:     12, // UDP over IPv4
	kindTCP6: 36,
	0x22:     36,           // UDP over IPv6
	0x31:     maxAddresses, // unix sockets, of streams and of datagrams
	0x32:     maxAddresses,
}

func addrPort(address, port []byte) netip.AddrPort {
	at, _ := netip.AddrFromSlice(address)
	return netip.AddrPortFrom(at.Unmap(), binary.BigEndian.Uint16(port))
}
