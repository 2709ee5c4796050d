package netpipe

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// hopBehaviours are ways of raw next hops to give no whole answer.
var hopBehaviours = []struct {
	name   string
	behave func(fdio.Socket) error
}{
	{"resets at once", func(s fdio.Socket) error {
		pipetest.Reset(s)
		return nil
	}},
	{"resets in mid-input", func(s fdio.Socket) error {
		_, err := io.CopyN(io.Discard, s, 1000)
		pipetest.Reset(s)
		return err
	}},
	{"resets after the input", func(s fdio.Socket) error {
		_, err := io.Copy(io.Discard, s)
		pipetest.Reset(s)
		return err
	}},
	{"resets in mid-answer", func(s fdio.Socket) error {
		_, err := io.Copy(io.Discard, s)
		_, _ = s.Write(pipetest.Written(100_000))
		pipetest.Reset(s)
		return err
	}},
	{"resets in mid-answer, input unread", func(s fdio.Socket) error {
		_, err := io.CopyN(io.Discard, s, 1000)
		_, _ = s.Write(pipetest.Written(1000))
		pipetest.Reset(s)
		return err
	}},
	{"answers nothing", func(s fdio.Socket) error {
		_, err := io.Copy(io.Discard, s)
		_ = s.CloseWrite()
		return err
	}},
	{"answers nothing before it has read everything", func(s fdio.Socket) error {
		_, _ = io.CopyN(io.Discard, s, 1000)
		_ = s.CloseWrite()
		_, err := io.Copy(io.Discard, s)
		return err
	}},
}

// Where a next hop gives no whole answer, another one gets the input from its beginning, and
// the answer is its alone.
func TestChaosSeveralHops(t *testing.T) {
	pipetest.Parallel(t)
	try := func(name, kind string, first func(*testing.T) *fakeHop) {
		t.Run(name+"/then "+kind, func(t *testing.T) {
			pipetest.Parallel(t)
			for _, steps := range [][]string{{"copy"}, {"read", "write:3000000"}, {"read:1000", "write:3000000"}} {
				next := hopKinds[kind](t)
				server := between(t, quick(steps...), first(t), next)
				input := pipetest.Noise(300_000)
				answer, err := ask(t, server.addr, input)
				if len(steps) > 1 {
					input = pipetest.Written(3_000_000)
				}
				wantWhole(t, answer, err, input)
				r := server.verdict(whole)
				// A reset at once may be seen when the connection is made.
				if r["hop"] != next.addr().String() || r["tries"] != "2" && name != "resets at once" {
					t.Errorf("record: %v", r)
				}
				server.hasFailed(1, 0)
			}
		})
	}
	for _, test := range hopBehaviours {
		try(test.name, "tcp", func(t *testing.T) *fakeHop { return newFakeHop(t, test.behave) })
		try(test.name, "http", func(t *testing.T) *fakeHop { return newFakeHop(t, test.behave) })
		try(test.name+" over TLS", "tls", func(t *testing.T) *fakeHop { return newFakeTLSHop(t, test.behave) })
	}
	for _, test := range answers {
		if test.want == "" || strings.HasPrefix(test.want, "HTTP status") {
			continue
		}
		behave := func(_ int, s fdio.Socket, r *http.Request) bool { test.behave(s, r); return false }
		try(test.name, "http", func(t *testing.T) *fakeHop { return newHTTPHop(t, behave) })
		try(test.name+" over TLS", "tcp", func(t *testing.T) *fakeHop { return newHTTPSHop(t, behave) })
	}
	for _, status := range []string{
		"401 Unauthorized", "403 Forbidden", "404 Not Found", "405 Method Not Allowed", "421 Misdirected Request",
		"429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable",
	} {
		try(status, "https", func(t *testing.T) *fakeHop {
			return newHTTPHop(t, func(_ int, s fdio.Socket, r *http.Request) bool {
				respond(s, "HTTP/1.1 "+status+"\nContent-Length: 0\nConnection: close\n\n")
				return false
			})
		})
	}
}

// What is not handed to another next hop: an input that one has judged, or that was not
// kept; and what this server's own filter or its client broke.
func TestChaosSeveralHopsOnce(t *testing.T) {
	pipetest.Parallel(t)
	gate := pipetest.NewMeeting(t)
	resets := func(t *testing.T) *fakeHop {
		return newFakeHop(t, func(s fdio.Socket) error {
			_, _ = io.Copy(io.Discard, s)
			pipetest.Reset(s)
			return errBroken
		})
	}
	says := func(status string) func(*testing.T) *fakeHop {
		return func(t *testing.T) *fakeHop {
			return newHTTPHop(t, func(_ int, s fdio.Socket, r *http.Request) bool {
				takes(s, r)
				respond(s, "HTTP/1.1 "+status+"\nContent-Length: 0\n\n")
				return true
			})
		}
	}
	for _, test := range []struct {
		name     string
		first    func(*testing.T) *fakeHop
		set      func(*Server)
		verdict  verdict
		failures uint64
	}{
		{"422", says("422 Bad"), func(*Server) {}, nextFailed, 0},
		{"413", says("413 Large"), func(*Server) {}, nextFailed, 0},
		{"500", says("500 Killed"), func(*Server) {}, nextFailed, 0},
		{"508", says("508 Loop"), func(*Server) {}, nextFailed, 0},
		{"answers are not held", resets, func(s *Server) { s.NoHold = true }, nextFailed, 1},
		{"more than an answer may have", resets, func(s *Server) { s.MaxAnswer = 299_999 }, nextFailed, 1},
		{"more than may be held", resets, func(s *Server) { s.MaxHeld = 2_000_000 }, nextFailed, 1},
		{"it hangs", func(t *testing.T) *fakeHop {
			return newFakeHop(t, func(s fdio.Socket) error {
				_, err := s.Read(make([]byte, 1))
				return errors.Join(err, fdio.AwaitHangup(s))
			})
		}, func(s *Server) { s.Timeout = 10 * short }, filterTimeout, 1},
		{"the filter hangs", hopKinds["tcp"], func(s *Server) {
			s.Timeout, s.Filter = 10*short, pipetest.Filter("write:10", "read", "meet:"+gate.String())
		}, filterTimeout, 0},
		{"the filter fails", hopKinds["tcp"], func(s *Server) {
			s.Filter = pipetest.Filter("copy", "exit:3")
		}, filterFailed, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			first, second := test.first(t), hopKinds["tcp"](t)
			s := quick("copy")
			test.set(s)
			server := between(t, s, first, second)
			answer, err := ask(t, server.addr, pipetest.Noise(300_000))
			wantReset(t, answer, err)
			if r := server.verdict(test.verdict); r["hop"] != first.addr().String() || r["tries"] != "" {
				t.Errorf("record: %v", r)
			}
			server.hasFailed(test.failures, 0)
			second.sawNoEnd(t)
			if len(second.inputs) > 0 {
				t.Errorf("the second next hop had connections: %v", second.inputs)
			}
		})
	}
}
