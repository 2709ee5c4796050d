package netpipe

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

const (
	traceID     = "4bf92f3577b34da6a3ce929d0e0e4736"
	parentID    = "00f067aa0ba902b7"
	traceparent = "00-" + traceID + "-" + parentID + "-01"
)

func TestTraceOf(t *testing.T) {
	long := "a=" + strings.Repeat("x", maxTracestate-2)
	for _, test := range []struct {
		name   string
		parent []string
		state  []string
		want   traceContext
	}{
		{"none", nil, nil, traceContext{}},
		{"a state alone", nil, []string{"a=1"}, traceContext{}},
		{"sampled", []string{traceparent}, nil, traceContext{traceparent, ""}},
		{"not sampled", []string{"00-" + traceID + "-" + parentID + "-00"}, nil, traceContext{"00-" + traceID + "-" + parentID + "-00", ""}},
		{"two fields", []string{traceparent, traceparent}, nil, traceContext{}},
		{"version ff", []string{"ff" + traceparent[2:]}, nil, traceContext{}},
		{"version 0x", []string{"0x" + traceparent[2:]}, nil, traceContext{}},
		{"a later version", []string{"01" + traceparent[2:]}, nil, traceContext{"01" + traceparent[2:], ""}},
		{"a later version with more", []string{"cc" + traceparent[2:] + "-what-comes"}, nil, traceContext{"cc" + traceparent[2:] + "-what-comes", ""}},
		{"a later version with more, without a dash", []string{"cc" + traceparent[2:] + ".x"}, nil, traceContext{}},
		{"a later version with a space", []string{"cc" + traceparent[2:] + "- x"}, nil, traceContext{}},
		{"a later version, too long", []string{"cc" + traceparent[2:] + "-" + strings.Repeat("x", maxTraceparent)}, nil, traceContext{}},
		{"version 00 with more", []string{traceparent + "-x"}, nil, traceContext{}},
		{"too short", []string{traceparent[:54]}, nil, traceContext{}},
		{"upper case", []string{strings.ToUpper(traceparent)}, nil, traceContext{}},
		{"no hexadecimal", []string{strings.Replace(traceparent, "4bf9", "4bg9", 1)}, nil, traceContext{}},
		{"a dash elsewhere", []string{strings.Replace(traceparent, "-00f0", "0-0f0", 1)}, nil, traceContext{}},
		{"trace-id of zeros", []string{strings.Replace(traceparent, traceID, strings.Repeat("0", 32), 1)}, nil, traceContext{}},
		{"parent-id of zeros", []string{strings.Replace(traceparent, parentID, strings.Repeat("0", 16), 1)}, nil, traceContext{}},
		{"a state", []string{traceparent}, []string{"a=1,b@c=2"}, traceContext{traceparent, "a=1,b@c=2"}},
		{"a state in two fields", []string{traceparent}, []string{"a=1", "b=2"}, traceContext{traceparent, "a=1,b=2"}},
		{"a long state", []string{traceparent}, []string{long}, traceContext{traceparent, long}},
		{"a longer state", []string{traceparent}, []string{long + "x"}, traceContext{traceparent, ""}},
		{"a state that is not printable", []string{traceparent}, []string{"a=\xff"}, traceContext{traceparent, ""}},
		{"a state of an invalid parent", []string{"x"}, []string{"a=1"}, traceContext{}},
	} {
		if got := traceOf(http.Header{"Traceparent": test.parent, "Tracestate": test.state}); got != test.want {
			t.Errorf("%s: want %q, got %q", test.name, test.want, got)
		}
	}
}

// A trace context is in the log and goes on to the next hop as it is; what is not valid
// does not.
func TestTrace(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct{ name, parent, state, wantParent, wantState string }{
		{"valid", traceparent, "a=1", traceparent, "a=1"},
		{"not valid", "00-x", "a=1", "", ""},
		{"none", "", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			heads := make(chan http.Header, 2)
			hop := newHTTPHop(t, func(_ int, s fdio.Socket, r *http.Request) bool {
				heads <- r.Header
				takes(s, r)
				respond(s, "HTTP/1.1 200 OK\nContent-Length: 2\n\nok")
				return true
			})
			s := overHTTP("copy")
			s.Next = []Addr{hop.addr()}
			server := start(t, s)
			for range 2 { // the second time on a kept connection
				got, err := post(t, server.addr, strings.NewReader("x"), func(r *http.Request) {
					if test.parent != "" {
						r.Header.Set("Traceparent", test.parent)
						r.Header.Set("Tracestate", test.state)
					}
				})
				got.want(t, err, 200, []byte("ok"))
				if r := server.verdict(whole); r["traceparent"] != test.wantParent {
					t.Errorf("log: want %q, got %v", test.wantParent, r)
				}
				head := <-heads
				if parent, state := head.Get("Traceparent"), head.Get("Tracestate"); parent != test.wantParent || state != test.wantState {
					t.Errorf("next hop: want %q and %q, got %q and %q", test.wantParent, test.wantState, parent, state)
				}
			}
		})
	}
}

// A filter that is started for its connection has TRACEPARENT; one that was started ahead
// has not, nor has a worker.
func TestTraceOfFilter(t *testing.T) {
	pipetest.Parallel(t)
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("no /bin/sh")
	}
	for _, test := range []struct {
		name   string
		set    func(*Server)
		parent string
		want   string
	}{
		{"started for it", func(s *Server) { s.Pool = 0 }, traceparent, traceparent},
		{"started for it, without a trace", func(s *Server) { s.Pool = 0 }, "", "none"},
		{"started for it, not valid", func(s *Server) { s.Pool = 0 }, "00-x", "none"},
		{"started ahead", func(s *Server) { s.Pool = 1 }, traceparent, "none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			s := overHTTP()
			s.Filter = []string{"/bin/sh", "-c", "cat >/dev/null; printf %s ${TRACEPARENT-none}"}
			test.set(s)
			server := start(t, s)
			for range 2 {
				got, err := post(t, server.addr, strings.NewReader("x"), func(r *http.Request) { r.Header.Set("Traceparent", test.parent) })
				got.want(t, err, 200, []byte(test.want))
				server.verdict(whole)
				if s.Pool > 0 {
					break // the next one may be started for it
				}
			}
		})
	}
}
