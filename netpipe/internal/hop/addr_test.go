package hop

import (
	"cmp"
	"strings"
	"testing"
)

func TestParseAddr(t *testing.T) {
	for _, test := range []struct {
		in   string
		want Addr // zero: an error
	}{
		{":8888", Addr{"tcp", ":8888"}},
		{"127.0.0.1:0", Addr{"tcp", "127.0.0.1:0"}},
		{"example.org:8888", Addr{"tcp", "example.org:8888"}},
		{"[::1]:8888", Addr{"tcp", "[::1]:8888"}},
		{":http", Addr{"tcp", ":http"}},
		{"unix:/run/gray", Addr{"unix", "/run/gray"}},
		{"unix:gray", Addr{"unix", "gray"}},
		{"", Addr{}},
		{"8888", Addr{}},
		{"host:", Addr{}},
		{":65536", Addr{}},
		{":-1", Addr{}},
		{":no-such-service", Addr{}},
		{"::1:8888", Addr{}},
		{"unix:", Addr{}},
		{"unix:8888", Addr{}},
		{"unix::8888", Addr{}},
		{"unix:localhost:8888", Addr{}},
		{"unix:./8888", Addr{"unix", "./8888"}},
		{"unix:gray2", Addr{"unix", "gray2"}},
		{"unix:" + strings.Repeat("x", 200), Addr{}},
		{"*:8888", Addr{}},
		{"http://*:8888", Addr{}},
		{"tls:host:1", Addr{"tls", "host:1"}},
		{"tls::8888", Addr{"tls", ":8888"}},
		{"tls:[::1]:8888", Addr{"tls", "[::1]:8888"}},
		{"tls:8888", Addr{}},
		{"tls:", Addr{}},
		{"tls:unix:/run/gray", Addr{}},
		{"tls://host:8888", Addr{}},
		{"a/b:8888", Addr{}},
		{"systemd:", Addr{"tcp", "systemd:"}},
		{"systemd:gray.socket", Addr{"tcp", "systemd:gray.socket"}},
		{"http://systemd:gray", Addr{"http", "systemd:gray"}},
		{"http://systemd:", Addr{"http", "systemd:"}},
		{"[systemd]:gray", Addr{}},
		{"tls:systemd:gray", Addr{"tls", "systemd:gray"}},
		{"https://systemd:", Addr{"https", "systemd:"}},
		{"http://:8080", Addr{"http", ":8080"}},
		{"http://example.org:80", Addr{"http", "example.org:80"}},
		{"http://[::1]:8080", Addr{"http", "[::1]:8080"}},
		{"http://", Addr{}},
		{"http://host:", Addr{}},
		{"http://host:80/path", Addr{}},
		{"http://user@host:80", Addr{}},
		{"http://::1", Addr{}},
		{"https://host:443", Addr{"https", "host:443"}},
		{"https://:8443", Addr{"https", ":8443"}},
		{"https://", Addr{}},
		{"https://host:443/path", Addr{}},
	} {
		got, err := ParseAddr(test.in)
		if got != test.want || (err != nil) != test.want.IsZero() {
			t.Errorf("%q: want %v, got %v and %v", test.in, test.want, got, err)
		}
		if err == nil && got.String() != test.in {
			t.Errorf("%q: String gives %q", test.in, got.String())
		}
	}
}

func TestParseAddrShort(t *testing.T) {
	for in, want := range map[string]string{
		"http://host":       "http://host:80",
		"http://host:8080/": "http://host:8080",
		"http://[::1]":      "http://[::1]:80",
		"https://host":      "https://host:443",
	} {
		if got, err := ParseAddr(in); err != nil || got.String() != want {
			t.Errorf("%q: want %s, got %v and %v", in, want, got, err)
		}
	}
}

func FuzzParseAddr(f *testing.F) {
	f.Add("http://a")
	f.Add("https://a:1")
	f.Add("tls:a:1")
	f.Add(":8888")
	f.Add("unix:/a")
	f.Add("[::1]:80")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddr(s)
		if err != nil {
			return
		}
		if again, err := ParseAddr(a.String()); again != a || err != nil {
			t.Errorf("%q is %v, whose String gives %v and %v", s, a, again, err)
		}
	})
}

func TestSocket(t *testing.T) {
	for in, want := range map[string]string{
		"systemd:":            "all",
		"systemd:gray":        "gray",
		"http://systemd:gray": "gray",
		":8888":               "",
		"unix:systemd/gray":   "",
	} {
		at, err := ParseAddr(in)
		if err != nil {
			t.Fatal(err)
		}
		name, ok := at.Socket()
		if got := map[bool]string{true: cmp.Or(name, "all")}[ok]; got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
