package proxyaddr

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// binary2 returns a header of version 2.
func binary2(command, kind byte, addresses string) string {
	return signature2 + string([]byte{command, kind, byte(len(addresses) >> 8), byte(len(addresses))}) + addresses
}

const (
	addresses4 = "\xcb\x00\x71\x07\xc0\x00\x02\x01\x12\x67\x00\x50"
	addresses6 = "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07" + "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x12\x67\x00\x50"
	mapped4    = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xcb\x00\x71\x07" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xc0\x00\x02\x01\x12\x67\x00\x50"
)

// headers have the client that each names, "" for none.
var headers = []struct{ name, header, client string }{
	{"version 1, IPv4", "PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n", "203.0.113.7:4711"},
	{"version 1, port 0", "PROXY TCP4 203.0.113.7 192.0.2.1 0 80\r\n", "203.0.113.7:0"},
	{"version 1, IPv6", "PROXY TCP6 2001:db8::7 2001:db8::1 4711 80\r\n", "[2001:db8::7]:4711"},
	{"version 1, IPv4 as IPv6", "PROXY TCP6 ::ffff:203.0.113.7 ::ffff:192.0.2.1 4711 80\r\n", "203.0.113.7:4711"},
	{"version 1, UNKNOWN", "PROXY UNKNOWN\r\n", ""},
	{"version 1, UNKNOWN with addresses", "PROXY UNKNOWN 203.0.113.7 x 1\r\n", ""},
	{"version 1, the longest", "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", ""},
	{"version 2, IPv4", binary2(0x21, 0x11, addresses4), "203.0.113.7:4711"},
	{"version 2, IPv6", binary2(0x21, 0x21, addresses6), "[2001:db8::7]:4711"},
	{"version 2, IPv4 as IPv6", binary2(0x21, 0x21, mapped4), "203.0.113.7:4711"},
	{"version 2, with more than addresses", binary2(0x21, 0x11, addresses4+"\x04\x00\x03abc"), "203.0.113.7:4711"},
	{"version 2, the longest", binary2(0x21, 0x11, addresses4+strings.Repeat("x", 65535-12)), "203.0.113.7:4711"},
	{"version 2, LOCAL", binary2(0x20, 0, ""), ""},
	{"version 2, LOCAL with addresses", binary2(0x20, 0x11, addresses4), ""},
	{"version 2, LOCAL of an unknown kind", binary2(0x20, 0xff, "x"), ""},
	{"version 2, unspecified", binary2(0x21, 0, ""), ""},
	{"version 2, UDP", binary2(0x21, 0x12, addresses4), ""},
	{"version 2, unix", binary2(0x21, 0x31, strings.Repeat("/", 216)), ""},
}

// A header names its client in one piece and byte by byte, and what follows stays.
func TestReadHeader(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range headers {
		for _, piece := range []int{1, 7, 1 << 20} {
			this, other := pipetest.Pair(t, "tcp")
			go func() {
				for rest := []byte(test.header + "input"); len(rest) > 0; rest = rest[min(piece, len(rest)):] {
					_, _ = other.Write(rest[:min(piece, len(rest))])
				}
			}()
			got, err := ReadHeader(this)
			if err != nil || text(got) != test.client {
				t.Errorf("%s: want %q, got %v and %v", test.name, test.client, got, err)
			}
			rest := make([]byte, len("input"))
			if _, err := io.ReadFull(this, rest); err != nil || string(rest) != "input" {
				t.Errorf("%s: after the header: %q and %v", test.name, rest, err)
			}
		}
	}
}

func text(at netip.AddrPort) string {
	if at == (netip.AddrPort{}) {
		return ""
	}
	return at.String()
}

// A header that is cut off at any byte is none.
func TestReadHeaderCut(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range headers {
		for cut := range min(len(test.header), 300) {
			want := io.ErrUnexpectedEOF
			if cut == 0 {
				want = io.EOF
			}
			if got, err := readAll(t, test.header[:cut]); err != want || got.IsValid() {
				t.Errorf("%s, cut at %d: want %v, got %v and %v", test.name, cut, want, got, err)
			}
		}
	}
}

// readAll reads a header from a stream that ends.
func readAll(t *testing.T, stream string) (netip.AddrPort, error) {
	this, other := pipetest.Pair(t, "unix")
	defer this.Close()
	go func() {
		_, _ = io.WriteString(other, stream)
		other.Close()
	}()
	return ReadHeader(this)
}

// What cannot be a header is refused as soon as that is known: the stream does not end.
func TestReadHeaderRefuses(t *testing.T) {
	pipetest.Parallel(t)
	for name, stream := range map[string]string{
		"an HTTP request":               "GET",
		"a PNG":                         "\x89PNG",
		"PUT":                           "PU",
		"a line of another word":        "PROXIES",
		"a line without end":            "PROXY TCP4 " + strings.Repeat("1", maxLine),
		"a line that ends too late":     "PROXY UNKNOWN " + strings.Repeat("1", maxLine-15) + "\r\n",
		"LF alone":                      "PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\n",
		"UNKNOWN with LF alone":         "PROXY UNKNOWN\n",
		"no kind":                       "PROXY \r\n",
		"another kind":                  "PROXY UDP4 203.0.113.7 192.0.2.1 4711 80\r\n",
		"small letters":                 "PROXY tcp4 203.0.113.7 192.0.2.1 4711 80\r\n",
		"no ports":                      "PROXY TCP4 203.0.113.7 192.0.2.1\r\n",
		"one field more":                "PROXY TCP4 203.0.113.7 192.0.2.1 4711 80 1\r\n",
		"a space at the end":            "PROXY TCP4 203.0.113.7 192.0.2.1 4711 80 \r\n",
		"two spaces":                    "PROXY TCP4  203.0.113.7 192.0.2.1 4711 80\r\n",
		"IPv6 for IPv4":                 "PROXY TCP4 2001:db8::7 192.0.2.1 4711 80\r\n",
		"IPv4 for IPv6":                 "PROXY TCP6 203.0.113.7 192.0.2.1 4711 80\r\n",
		"a zone":                        "PROXY TCP6 fe80::1%eth0 fe80::2 4711 80\r\n",
		"a name":                        "PROXY TCP4 localhost 192.0.2.1 4711 80\r\n",
		"a leading zero":                "PROXY TCP4 203.0.113.07 192.0.2.1 4711 80\r\n",
		"a bad destination":             "PROXY TCP4 203.0.113.7 x 4711 80\r\n",
		"a port too large":              "PROXY TCP4 203.0.113.7 192.0.2.1 65536 80\r\n",
		"a port with a leading zero":    "PROXY TCP4 203.0.113.7 192.0.2.1 04711 80\r\n",
		"a port with a sign":            "PROXY TCP4 203.0.113.7 192.0.2.1 +4711 80\r\n",
		"no port":                       "PROXY TCP4 203.0.113.7 192.0.2.1  80\r\n",
		"a signature with another byte": "\r\n\r\n\x00\r\nQUIT\r",
		"version 3":                     binary2(0x31, 0x11, addresses4),
		"command 2":                     binary2(0x22, 0x11, addresses4),
		"an unknown transport":          binary2(0x21, 0x13, addresses4),
		"an unknown family":             binary2(0x21, 0x41, addresses4),
		"IPv4 without addresses":        binary2(0x21, 0x11, ""),
		"IPv4 with a byte too few":      binary2(0x21, 0x11, addresses4[1:]),
		"IPv6 with a byte too few":      binary2(0x21, 0x21, addresses6[1:]),
		"unix with a byte too few":      binary2(0x21, 0x31, strings.Repeat("/", 215)),
	} {
		this, other := pipetest.Pair(t, "tcp")
		_, _ = io.WriteString(other, stream)
		if got, err := ReadHeader(this); err != ErrHeader || got.IsValid() {
			t.Errorf("%s: want %v, got %v and %v", name, ErrHeader, got, err)
		}
	}
}

func TestReadHeaderReset(t *testing.T) {
	pipetest.Parallel(t)
	this, other := pipetest.Pair(t, "tcp")
	_, _ = io.WriteString(other, "PROXY TCP4")
	pipetest.Reset(other)
	if _, err := ReadHeader(this); !errors.Is(err, fdio.ErrReset) {
		t.Errorf("want %v, got %v", fdio.ErrReset, err)
	}
}

// FuzzReadHeader: a header is the same in one piece and in two, and no byte behind it is
// taken.
func FuzzReadHeader(f *testing.F) {
	for _, h := range headers {
		f.Add([]byte(h.header), 1)
		f.Add([]byte(h.header+"input"), 14)
	}
	f.Fuzz(func(t *testing.T, stream []byte, cut int) {
		cut = max(0, min(cut, len(stream)))
		var all [2]string
		for i, pieces := range [][][]byte{{stream}, {stream[:cut], stream[cut:]}} {
			this, other := pipetest.Pair(t, "unix")
			go func() {
				for _, piece := range pieces {
					_, _ = other.Write(piece)
				}
				other.Close()
			}()
			at, err := ReadHeader(this)
			all[i] = text(at)
			if err != nil {
				if at.IsValid() {
					t.Errorf("%v and %v", at, err)
				}
				all[i] = err.Error()
				continue
			}
			size, _ := headerSize(stream)
			if rest, _ := io.ReadAll(this); !bytes.Equal(rest, stream[size:]) {
				t.Errorf("%d bytes are left, want %d", len(rest), len(stream)-size)
			}
		}
		if all[0] != all[1] {
			t.Errorf("in one piece %s, in two %s", all[0], all[1])
		}
	})
}
