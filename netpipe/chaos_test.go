package netpipe

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/internal/tlsconn"
)

// These tables list what can go wrong with filters, clients and next hops. Each row is
// played with all of the input read and with input left unread, and without and with a
// next hop, which must never take a broken input for a whole one. After each row,
// nothing may be left.

// short is a limit of time that a row is meant to reach.
const short = 100 * time.Millisecond

// A row is one thing that goes wrong. In its steps, READ is one of the two ways
// to read the input, GATE and ORPHAN are meetings.
type row struct {
	name    string
	steps   []string
	set     func(*Server)
	verdict verdict
	passes  bool // a next hop gets the whole input, since the fault comes later
}

var filterRows = []row{
	{"exits 3 with half an answer", []string{"READ", "write:100000", "exit:3"}, nil, filterFailed, false},
	{"exits 3 with no answer", []string{"READ", "exit:3"}, nil, filterFailed, false},
	{"is killed half-way", []string{"READ", "write:100000", "kill"}, nil, filterFailed, false},
	{"is killed at once", []string{"kill"}, func(s *Server) { s.Pool = 0 }, filterFailed, false},
	{"exits 3 after it closed stdout", []string{"READ", "write:1000", "close-out", "exit:3"}, nil, filterFailed, false},
	{"exits 0 with no answer", []string{"READ"}, nil, noAnswer, false},
	{"never reads", []string{"meet:GATE"}, timeLimit, filterTimeout, false},
	{"never writes", []string{"READ", "meet:GATE"}, timeLimit, filterTimeout, false},
	{"hangs in mid-answer", []string{"READ", "write:100000", "meet:GATE"}, timeLimit, filterTimeout, false},
	{"hangs after it closed stdout", []string{"READ", "write:1000", "close-out", "meet:GATE"}, timeLimit, filterTimeout, false},
	{"hangs after it closed stdin", []string{"READ", "close-in", "write:1000", "meet:GATE"}, timeLimit, filterTimeout, false},
	{"ignores SIGTERM and hangs", []string{"ignore-term", "READ", "write:1000", "meet:GATE"}, timeLimit, filterTimeout, false},
	{"fails and leaves a child with the pipes", []string{"READ", "write:1000", "orphan:ORPHAN", "exit:3"}, nil, filterFailed, false},
	{"exits 0 and leaves a child with the pipes", []string{"READ", "write:100000", "orphan:ORPHAN"}, nil, whole, true},
	{"exits 0 and leaves a daemon with the pipes", []string{"READ", "write:300000", "daemon:ORPHAN"}, nil, whole, true},
	{"exits 0 without an answer and leaves a daemon with the pipes", []string{"READ", "daemon:ORPHAN"}, nil, noAnswer, false},
	{"exits 3 and leaves a daemon with the pipes", []string{"READ", "write:1000", "daemon:ORPHAN", "exit:3"}, nil, filterFailed, false},
	{"exits 3 and leaves a daemon that writes without end", []string{"READ", "flood:ORPHAN", "exit:3"}, nil, filterFailed, false},
	{"writes before it reads", []string{"write:300000", "READ"}, nil, whole, true},
	{"answers more than is held", []string{"READ", "write:100000"}, func(s *Server) { s.MaxAnswer = 99_999 }, notHeld, true},
	{"answers more than all may hold", []string{"READ", "write:100000"}, func(s *Server) { s.MaxHeld = 99_999 }, notHeld, true},
	{"is sent more than it may be", []string{"read", "write:1000", "meet:GATE"}, func(s *Server) { s.MaxInput = 299_999 }, clientLarge, false},
}

func timeLimit(s *Server) { s.Timeout = short }

func TestChaosFilters(t *testing.T) {
	pipetest.Parallel(t)
	everyRow(t, filterRows, func(t *testing.T, p *play) { p.overRaw(t) })
}

// overRaw sends an input over a raw connection, and returns the record.
func (p *play) overRaw(t *testing.T) record {
	answer, err := ask(t, p.server.addr, pipetest.Noise(300_000))
	if p.verdict == whole {
		wantWhole(t, answer, err, p.answer)
	} else {
		wantReset(t, answer, err)
	}
	return p.server.verdict(p.verdict)
}

// A clientRow is what a client does wrong while its filter waits at GATE.
type clientRow struct {
	row
	behave func(*testing.T, *play, fdio.Socket)
}

func TestChaosClients(t *testing.T) {
	pipetest.Parallel(t)
	waits := []string{"write:1000", "READ", "meet:GATE", "write:1000"}
	idle := func(s *Server) { s.IdleTimeout = short }
	some := pipetest.Noise(300_000)
	for _, test := range []clientRow{
		{row{"resets in mid-input", []string{"read:1000", "meet:GATE"}, nil, clientGone, false}, func(t *testing.T, p *play, s fdio.Socket) {
			send(t, s, some)
			p.gate.Come()
			pipetest.Reset(s)
		}},
		{row{"resets after its half-close", waits, nil, clientGone, false}, func(t *testing.T, p *play, s fdio.Socket) {
			send(t, s, some)
			_ = s.CloseWrite()
			p.gate.Come()
			pipetest.Reset(s)
		}},
		{row{"closes without a half-close", []string{"read:1000", "meet:GATE"}, timeLimit, filterTimeout, false}, func(t *testing.T, p *play, s fdio.Socket) {
			if secure, ok := s.(*tlsconn.Conn); ok { // where a FIN alone is no half-close
				p.verdict = clientGone
				send(t, s, some[:1000])
				_ = secure.Wire().CloseWrite()
				return
			}
			// The client has read all that was sent, so its close is a FIN: the server
			// sees a half-close and no more.
			_, _ = s.Write(some) // fails if the limit is reached before
			s.Close()
		}},
		{row{"never half-closes", []string{"write:1000", "read"}, idle, clientSilent, false}, func(t *testing.T, p *play, s fdio.Socket) {
			if _, err := s.Write(some); err == nil { // fails if the limit is reached before
				ended(t, s)
			}
		}},
		{row{"says nothing", waits, idle, clientSilent, false}, func(t *testing.T, p *play, s fdio.Socket) {
			ended(t, s)
		}},
		{row{"sends a byte now and then", []string{"write:1000", "read"}, idle, clientSilent, false}, func(t *testing.T, p *play, s fdio.Socket) {
			for {
				if _, err := s.Write([]byte("x")); err != nil {
					return
				}
				time.Sleep(short / 50)
			}
		}},
		{row{"resets before a byte", waits, nil, clientGone, false}, func(t *testing.T, p *play, s fdio.Socket) {
			pipetest.Reset(s)
		}},
		{row{"doesn't read", []string{"READ", "write:30000000"}, idle, clientSilent, true}, func(t *testing.T, p *play, s fdio.Socket) {
			_, _ = s.Write(some) // fails if the limit is reached before
			_ = s.CloseWrite()
		}},
		{row{"resets in mid-answer", []string{"READ", "write:30000000"}, nil, clientGone, true}, func(t *testing.T, p *play, s fdio.Socket) {
			send(t, s, some)
			_ = s.CloseWrite()
			if _, err := io.ReadFull(s, make([]byte, 1000)); err != nil {
				t.Error(err)
			}
			pipetest.Reset(s)
		}},
		{row{"goes on sending during the answer", []string{"read:1000", "write:30000000"}, func(s *Server) { s.MaxInput = 299_999 }, whole, true}, func(t *testing.T, p *play, s fdio.Socket) {
			send(t, s, some[:1000])
			begun := make([]byte, 1000) // the filter has exited
			if _, err := io.ReadFull(s, begun); err != nil {
				t.Error(err)
			}
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				for range 10 {
					send(t, s, some)
				}
				_ = s.CloseWrite()
			}()
			answer, err := io.ReadAll(s)
			<-sent
			wantWhole(t, append(begun, answer...), err, p.answer)
		}},
		{row{"probes", waits, nil, probe, false}, func(t *testing.T, p *play, s fdio.Socket) {
			_ = s.CloseWrite()
			ended(t, s)
		}},
	} {
		everyRow(t, []row{test.row}, func(t *testing.T, p *play) {
			test.behave(t, p, connect(t, p.server.addr))
			r := p.server.verdict(p.verdict)
			if want := "client: connection reset by peer"; p.verdict == clientGone && r["err"] != want && r["err"] != "client: "+tlsconn.ErrCut.Error() {
				t.Errorf("err: want %q, got %v", want, r)
			}
		})
	}
}

func send(t *testing.T, s fdio.Socket, b []byte) {
	t.Helper()
	if _, err := s.Write(b); err != nil {
		t.Error(err)
	}
}

// ended waits for the server's reset.
func ended(t *testing.T, s fdio.Socket) {
	t.Helper()
	answer, err := io.ReadAll(s)
	wantReset(t, answer, err)
}

// A play is a row that is being played.
type play struct {
	row
	server *backstage
	gate   *pipetest.Meeting // where filters wait
	answer []byte            // what the filter writes
}

// everyRow plays rows in each of their variants.
func everyRow(t *testing.T, rows []row, act func(*testing.T, *play)) {
	for _, r := range rows {
		for variant, read := range map[string]string{"input read": "read", "input unread": "read:1000"} {
			if variant == "input unread" && !strings.Contains(strings.Join(r.steps, " "), "READ") {
				continue
			}
			for _, hops := range []string{"alone", "next hop", "next hop, over TLS"} {
				t.Run(r.name+"/"+variant+"/"+hops, func(t *testing.T) {
					pipetest.Parallel(t)
					gate, orphans := pipetest.NewMeeting(t), pipetest.NewMeeting(t)
					p := &play{row: r, gate: gate}
					var steps []string
					for _, step := range r.steps {
						steps = append(steps, strings.NewReplacer("READ", read, "GATE", gate.String(), "ORPHAN", orphans.String()).Replace(step))
						if n, ok := strings.CutPrefix(step, "write:"); ok {
							p.answer = append(p.answer, pipetest.Written(atoi(t, n))...)
						} else if step == "+" {
							p.answer = nil // the next program gets it
						}
					}
					s := quick(steps...)
					if r.set != nil {
						r.set(s)
					}
					var next *fakeHop
					switch hops {
					case "next hop":
						next = newFakeHop(t, echo)
						s.Next = []Addr{next.addr()}
					case "next hop, over TLS":
						next = newFakeTLSHop(t, echo)
						s.Next = []Addr{next.addr()}
						withTLS(s)
					}
					p.server = start(t, s)
					act(t, p)
					p.server.stop()
					_ = p.server.wait()
					if next != nil && !r.passes {
						next.sawNoEnd(t)
					}
				})
			}
		}
	}
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A client that reads nothing before it has sent all gets the whole answer of a filter
// that reads nothing.
func TestLingeringClose(t *testing.T) {
	pipetest.Parallel(t)
	server := start(t, quick("write:300000"))
	c := connect(t, server.addr)
	send(t, c, pipetest.Noise(30_000_000))
	_ = c.CloseWrite()
	answer, err := io.ReadAll(c)
	wantWhole(t, answer, err, pipetest.Written(300_000))
	server.verdict(whole)
}

// While filters die before they have a connection, a connection is reset at once.
func TestNoFilterReady(t *testing.T) {
	pipetest.Parallel(t)
	s := quick("say:no memory", "exit:3")
	server := start(t, s)
	for {
		answer, err := ask(t, server.addr, pipetest.Noise(10))
		wantReset(t, answer, err)
		r := <-server.records
		if r["verdict"] == string(notReady) {
			if !strings.Contains(r["err"], "exit status 3: no memory") {
				t.Errorf("err: want the filter's last words, got %v", r)
			}
			return
		}
		if r["verdict"] != string(filterFailed) { // the filter got the connection just before it died
			t.Fatalf("verdict: got %v", r)
		}
	}
}

// A filter that refuses its command line is an error of Serve.
func TestCommandLine(t *testing.T) {
	pipetest.Parallel(t)
	pipetest.LeavesNothing(t)
	err := quick("say:no such option", "exit:2").Serve(t.Context())
	if !errors.Is(err, ErrCommandLine) || !strings.Contains(err.Error(), "no such option") {
		t.Errorf("at once: want %v with the filter's words, got %v", ErrCommandLine, err)
	}

	meeting := pipetest.NewMeeting(t)
	server := start(t, quick("meet:"+meeting.String(), "say:no such option", "exit:2"))
	silent := connect(t, server.addr)
	meeting.Come().Close()
	if err := server.wait(); !errors.Is(err, ErrCommandLine) {
		t.Errorf("after the start: want %v, got %v", ErrCommandLine, err)
	}
	ended(t, silent)
}

// A program that does not read stdin is no filter that can be started ahead: the client
// and the log are told so.
func TestDoesNotWait(t *testing.T) {
	pipetest.Parallel(t)
	s := quick("write:10")
	s.Listen = []Addr{{Network: "http", Address: "127.0.0.1:0"}}
	server := start(t, s)
	for {
		got, err := post(t, server.addr, strings.NewReader("x"), nil)
		r := <-server.records
		if r["verdict"] == string(whole) { // it got the connection just before it ended
			continue
		}
		got.says(t, err, 503, ErrDoesNotWait.Error())
		if !strings.Contains(r["err"], "exit status 0: "+ErrDoesNotWait.Error()) {
			t.Errorf("err: want the reason, got %v", r)
		}
		return
	}
}
