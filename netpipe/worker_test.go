package netpipe

import (
	"io"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// quickWorkers returns a server like those of quick, with one worker.
func quickWorkers() *Server {
	s := quick()
	s.Filter, s.Reuse = pipetest.Worker(), 1000
	return s
}

// A workerRow is one thing that a worker does, and what comes of it. In its steps
// GATE is a meeting.
type workerRow struct {
	name    string
	steps   string
	set     func(*Server)
	verdict verdict
	stays   bool // the worker serves the next connection, too
	alone   bool // with a next hop, the verdict is another
}

var workerRows = []workerRow{
	{"answers", "read write:300000", nil, whole, true, false},
	{"answers before it reads", "write:300000 read", nil, whole, true, false},
	{"answers with input unread", "read:1000 write:1000", nil, whole, true, false},
	{"answers nothing", "read", nil, noAnswer, true, false},
	{"fails", "read write:100000 exit:3", nil, filterFailed, true, false},
	{"fails with input unread", "read:1000 exit:3", nil, filterFailed, true, false},
	{"panics", "read:1000 write:1000 panic", nil, filterFailed, true, false},
	{"fails and says why on stderr", "read say:why exit:3", nil, filterFailed, true, false},
	{"fails and serves no other", "read write:100000 last:3", nil, filterFailed, false, false},
	{"fails with input unread and serves no other", "read:1000 last:3", nil, filterFailed, false, false},
	{"crashes in mid-answer", "read write:100000 kill", nil, filterFailed, false, false},
	{"crashes with input unread", "read:1000 write:100000 kill", nil, filterFailed, false, false},
	{"exits with 0 in mid-answer", "read write:100000 die:0", nil, filterFailed, false, false},
	{"exits with 3", "die:3", nil, filterFailed, false, false},
	{"exits and leaves a daemon with the pipes", "read write:1000 daemon:GATE die:0", nil, filterFailed, false, false},
	{"leaves a daemon with the pipes and goes on", "read write:1000 daemon:GATE", nil, whole, true, false},
	{"fails, leaves a daemon with the pipes and goes on", "read daemon:GATE exit:3", nil, filterFailed, true, false},
	{"closes stdout", "close-out meet:GATE", nil, filterFailed, false, false},
	{"exits in mid-record", "bytes:\x01\x06\x00 die:0", nil, filterFailed, false, false},
	{"hangs", "read write:1000 meet:GATE", workerTimeLimit, filterTimeout, false, false},
	{"hangs with input unread", "read:1000 meet:GATE", workerTimeLimit, filterTimeout, false, false},
	{"hangs after an answer with input unread", "end:0 meet:GATE", nil, noAnswer, false, false},
	{"answers more than is held", "read write:200000 meet:GATE", func(s *Server) { s.MaxAnswer = 99_999 }, notHeld, false, true},
	{"is sent more than it may be", "read write:1000", func(s *Server) { s.MaxInput = 299_999 }, clientLarge, false, false},
	{"says a byte past the answer's end", "read end-byte meet:GATE", nil, filterFailed, false, false},
	{"uses another request's id", "read record:6:7:1000", nil, filterFailed, false, false},
	{"uses no request's id", "read record:6:0:1000", nil, filterFailed, false, false},
	{"sends a record of another type", "read record:9:2:10", nil, filterFailed, false, false},
	{"ends with less than a status", "read record:3:2:4 meet:GATE", nil, filterFailed, false, false},
	{"ends with another protocol status", "read record:3:2:9 meet:GATE", nil, filterFailed, false, false},
	{"sends no records", "read bytes:12345678 meet:GATE", nil, filterFailed, false, false},
}

// workerTimeLimit also holds for the requests before and after.
func workerTimeLimit(s *Server) { s.Timeout = 20 * short }

// Each way in which a worker can fail in one connection leaves the next connection its own
// answer. It comes from the same worker only if that kept to the protocol.
func TestWorkers(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range workerRows {
		for _, hops := range []string{"alone", "next hop", "next hop, over TLS"} {
			if test.alone && hops != "alone" {
				continue
			}
			t.Run(test.name+"/"+hops, func(t *testing.T) {
				pipetest.Parallel(t)
				gate := pipetest.NewMeeting(t)
				steps := strings.ReplaceAll(test.steps, "GATE", gate.String())
				s := quickWorkers()
				switch hops {
				case "next hop":
					s.Next = []Addr{newFakeHop(t, echo).addr()}
				case "next hop, over TLS":
					s.Next = []Addr{newFakeTLSHop(t, echo).addr()}
					withTLS(s)
				}
				if test.set != nil {
					test.set(s)
				}
				server := start(t, s)
				before := pid(t, server)
				answer, err := ask(t, server.addr, append([]byte(steps+"\n"), pipetest.Noise(300_000)...))
				server.verdict(test.verdict)
				var want []byte
				for _, step := range strings.Fields(steps) {
					if n, ok := strings.CutPrefix(step, "write:"); ok {
						want = append(want, pipetest.Written(atoi(t, n))...)
					}
				}
				if test.verdict == whole {
					wantWhole(t, answer, err, want)
				} else {
					wantReset(t, answer, err)
				}
				wantStays(t, server, before, test.stays)
			})
		}
	}
}

// A client that fails has its worker killed only while the worker works on its request.
func TestWorkerClients(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		name    string
		steps   string
		behave  func(t *testing.T, s fdio.Socket, gate *pipetest.Meeting)
		verdict verdict
		stays   bool
	}{
		{"resets in mid-input", "read:1000 meet:GATE", func(_ *testing.T, s fdio.Socket, gate *pipetest.Meeting) {
			gate.Come()
			pipetest.Reset(s)
		}, clientGone, false},
		{"resets after its half-close", "read meet:GATE", func(_ *testing.T, s fdio.Socket, gate *pipetest.Meeting) {
			_ = s.CloseWrite()
			gate.Come()
			pipetest.Reset(s)
		}, clientGone, false},
		{"resets in mid-answer", "read write:30000000", func(t *testing.T, s fdio.Socket, _ *pipetest.Meeting) {
			_ = s.CloseWrite()
			if _, err := io.ReadFull(s, make([]byte, 1000)); err != nil {
				t.Error(err)
			}
			pipetest.Reset(s)
		}, clientGone, true},
		{"never half-closes, and sends little", "read", nil, clientSilent, true},
		{"never half-closes", "read", func(t *testing.T, s fdio.Socket, _ *pipetest.Meeting) { ended(t, s) }, clientSilent, false},
		{"goes on sending after the answer", "read:1000 write:30000000", func(t *testing.T, s fdio.Socket, _ *pipetest.Meeting) {
			if _, err := io.ReadFull(s, make([]byte, 1000)); err != nil { // the request is over
				t.Error(err)
			}
			go func() {
				_, _ = s.Write(pipetest.Noise(3_000_000))
				_ = s.CloseWrite()
			}()
			if n, err := io.Copy(io.Discard, s); n != 30_000_000-1000 || err != nil {
				t.Errorf("want all of the answer and FIN, got %d bytes more and %v", n, err)
			}
		}, whole, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			gate := pipetest.NewMeeting(t)
			s := quickWorkers()
			if test.verdict == clientSilent {
				s.IdleTimeout = 10 * short // also of the requests before and after
			}
			server := start(t, s)
			before := pid(t, server)
			c := connect(t, server.addr)
			input := append([]byte(strings.ReplaceAll(test.steps, "GATE", gate.String())+"\n"), pipetest.Noise(300_000)...)
			if test.behave == nil {
				send(t, c, input[:100_000])
				ended(t, c)
			} else { // the client has a worker while it sends
				send(t, c, input)
				test.behave(t, c, gate)
			}
			server.verdict(test.verdict)
			wantStays(t, server, before, test.stays)
		})
	}
}

// A worker that says something between two requests is ended before the next connection.
func TestWorkerOutOfTurn(t *testing.T) {
	pipetest.Parallel(t)
	for _, step := range []string{"later", "later-say"} {
		t.Run(step, func(t *testing.T) {
			pipetest.Parallel(t)
			gate := pipetest.NewMeeting(t)
			server := start(t, quickWorkers())
			before := pid(t, server)
			answer, err := ask(t, server.addr, []byte(step+":"+gate.String()+" write:1000\n"))
			wantWhole(t, answer, err, pipetest.Written(1000))
			server.verdict(whole)
			gate.Come().Close()
			gate.Come() // the worker has written its byte
			wantStays(t, server, before, false)
		})
	}
}

// What a worker says is in the record of its own connection.
func TestWorkerRecord(t *testing.T) {
	pipetest.Parallel(t)
	server := start(t, quickWorkers())
	for _, test := range []struct{ steps, status, err, stderr string }{
		{"read say:one exit:3", "answer status 1", "filter: answer status 1", "one\nstatus 3"},
		{"write:10", "answer status 0", "", ""},
		{"write:10 say:two", "answer status 0", "", "two"},
		{"say:three die:4", "exit status 4", "filter: ended before its answer did: exit status 4", "three"},
		{"record:6:999:1", "killed by signal 9 (killed)", "filter: broke the worker protocol", ""},
	} {
		_, _ = ask(t, server.addr, []byte(test.steps+"\n"))
		r := <-server.records
		if r["status"] != test.status || r["err"] != test.err || r["stderr"] != test.stderr {
			t.Errorf("%s: want %q, got %v", test.steps, test, r)
		}
	}
}
