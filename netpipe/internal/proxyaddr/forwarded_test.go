package proxyaddr

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// The peer of tests is 10.0.0.1, and all of 10.0.0.0/8 is trusted.
var peer = netip.MustParseAddr("10.0.0.1")

func inTen(at netip.Addr) bool { return netip.MustParsePrefix("10.0.0.0/8").Contains(at) }

func TestClient(t *testing.T) {
	const forwarded, plain = "Forwarded: ", "X-Forwarded-For: "
	for _, test := range []struct{ fields, want string }{
		{"", "10.0.0.1"},
		{plain + "203.0.113.7", "203.0.113.7"},
		{plain + "203.0.113.7:4711", "203.0.113.7"},
		{plain + "2001:db8::7", "2001:db8::7"},
		{plain + "[2001:db8::7]", "2001:db8::7"},
		{plain + "[2001:db8::7]:4711", "2001:db8::7"},
		{plain + "::ffff:203.0.113.7", "203.0.113.7"},
		{plain + "198.51.100.1, 203.0.113.7", "203.0.113.7"}, // the first may be made up
		{plain + "203.0.113.7,10.0.0.2 ,\t10.0.0.3", "203.0.113.7"},
		{plain + "10.9.9.9, 203.0.113.7, 10.0.0.2", "203.0.113.7"},
		{plain + "10.0.0.3, 10.0.0.2", "10.0.0.3"},
		{plain + "203.0.113.7\n" + plain + "10.0.0.2", "203.0.113.7"},
		{plain + "10.0.0.2\n" + plain + "203.0.113.7", "203.0.113.7"},
		{plain + "203.0.113.7, , ", "203.0.113.7"},
		{plain + "\"), 203.0.113.7", "203.0.113.7"},
		{plain, "10.0.0.1"},
		{plain + "203.0.113.7, unknown", "10.0.0.1"},
		{plain + "203.0.113.7, 10.0.0.2x", "10.0.0.1"},
		{plain + "203.0.113.7, x, 10.0.0.2", "10.0.0.2"},
		{plain + "203.0.113.7:", "10.0.0.1"},
		{plain + "203.0.113.7:123456", "10.0.0.1"},
		{plain + "203.0.113.7:-1", "10.0.0.1"},
		{plain + "203.0.113.07", "10.0.0.1"},
		{plain + "[203.0.113.7]", "10.0.0.1"},
		{plain + "[2001:db8::7", "10.0.0.1"},
		{plain + "[2001:db8::7]4711", "10.0.0.1"},
		{plain + "fe80::1%eth0", "10.0.0.1"},

		{forwarded + "for=203.0.113.7", "203.0.113.7"},
		{forwarded + "For=203.0.113.7;proto=https;by=10.0.0.1", "203.0.113.7"},
		{forwarded + "by=10.0.0.1 ; for=203.0.113.7", "203.0.113.7"},
		{forwarded + `for="203.0.113.7:4711"`, "203.0.113.7"},
		{forwarded + `for="203.0.113.7:_a.b-c"`, "203.0.113.7"},
		{forwarded + `for="[2001:db8::7]"`, "2001:db8::7"},
		{forwarded + `for="[2001:db8::7]:4711"`, "2001:db8::7"},
		{forwarded + `for=198.51.100.1, for=203.0.113.7;host="a,b;for=198.51.100.2"`, "203.0.113.7"},
		{forwarded + `for=198.51.100.1, for=203.0.113.7;host="a\",\\"`, "203.0.113.7"},
		{forwarded + "for=203.0.113.7, for=10.0.0.2", "203.0.113.7"},
		{forwarded + "for=203.0.113.7\n" + forwarded + "for=10.0.0.2", "203.0.113.7"},
		{forwarded + `for="198.51.100.1, for=203.0.113.7`, "203.0.113.7"}, // the client's string does not end
		{forwarded + `for=\", for="[2001:db8::7]"`, "2001:db8::7"},
		{forwarded + "for=unknown", "10.0.0.1"},
		{forwarded + "for=203.0.113.7, for=_hidden", "10.0.0.1"},
		{forwarded + "for=203.0.113.7, for=unknown, for=10.0.0.2", "10.0.0.2"},
		{forwarded + "for=203.0.113.7, proto=https", "10.0.0.1"},
		{forwarded + "for=203.0.113.7;for=203.0.113.8", "10.0.0.1"},
		{forwarded + "for=", "10.0.0.1"},
		{forwarded + "for", "10.0.0.1"},
		{forwarded + `for="203.0.113.7`, "10.0.0.1"},
		{forwarded + `for="203.0.113.7:_"`, "10.0.0.1"},
		{forwarded + "for=203.0.113.7, for=10.0.0.2 10.0.0.3", "10.0.0.1"},

		{forwarded + "for=203.0.113.7\n" + plain + "203.0.113.7, 10.0.0.2", "203.0.113.7"},
		{forwarded + "for=198.51.100.1\n" + plain + "203.0.113.7", ErrConflict.Error()},
		{forwarded + "for=unknown\n" + plain + "203.0.113.7", ErrConflict.Error()},
		{forwarded + "for=203.0.113.7\n" + plain, ErrConflict.Error()},
	} {
		fields := http.Header{}
		for line := range strings.Lines(test.fields) {
			name, value, _ := strings.Cut(line, ": ")
			fields.Add(name, strings.TrimSuffix(value, "\n"))
		}
		at, err := Client(fields, peer, inTen)
		got := at.String()
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%q: want %s, got %s", test.fields, test.want, got)
		}
	}
}

// FuzzClient: what stands before the element of a trusted proxy has no influence.
func FuzzClient(f *testing.F) {
	for _, start := range []string{"", "203.0.113.7", `for="`, `for="\`, `\"`, "for=10.0.0.2, ", `a="b,c;d\\", for=_x`, ",", "for=10.0.0.2;for="} {
		f.Add(start)
	}
	f.Fuzz(func(t *testing.T, start string) {
		for name, elements := range map[string][]string{
			"X-Forwarded-For": {"203.0.113.7", "203.0.113.7:4711"},
			"Forwarded":       {"for=203.0.113.7", `for="203.0.113.7:4711";by="[2001:db8::1]"`, `host="a\"b,\\";for=203.0.113.7`},
		} {
			for _, element := range elements {
				for _, values := range [][]string{{start + ", " + element}, {start, element}} {
					at, err := Client(http.Header{name: values}, peer, inTen)
					if err != nil || at.String() != "203.0.113.7" {
						t.Errorf("%s: %q: %v and %v", name, values, at, err)
					}
				}
			}
			_, _ = Client(http.Header{name: {start}}, peer, inTen)
		}
	})
}
