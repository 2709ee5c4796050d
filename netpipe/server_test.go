package netpipe

import (
	"bytes"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

func TestFilterExits(t *testing.T) {
	pipetest.Parallel(t)
	input := pipetest.Noise(300_000)
	for _, test := range []struct {
		name    string
		steps   []string
		verdict verdict
		answer  []byte // nil: reset
	}{
		{"0", []string{"copy"}, whole, input},
		{"0, answer in a file", []string{"read", "write:3000000"}, whole, pipetest.Written(3_000_000)},
		{"0, input unread", []string{"write:1000"}, whole, pipetest.Written(1000)},
		{"0, input half read", []string{"read:1000", "write:1000"}, whole, pipetest.Written(1000)},
		{"0, writes before it reads", []string{"write:300000", "read"}, whole, pipetest.Written(300_000)},
		{"0, no answer", []string{"read"}, noAnswer, nil},
		{"3, all read", []string{"copy", "exit:3"}, filterFailed, nil},
		{"3, input unread", []string{"write:1000", "exit:3"}, filterFailed, nil},
		{"killed, all read", []string{"read", "write:1000", "kill"}, filterFailed, nil},
		{"killed, input unread", []string{"read:1000", "write:1000", "kill"}, filterFailed, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			s := quick(test.steps...)
			if test.steps[0] == "write:1000" {
				s.Pool = 0 // the pipe holds all of the answer: a filter that is started ahead could end at once
			}
			server := start(t, s)
			answer, err := ask(t, server.addr, input)
			server.verdict(test.verdict)
			if test.answer != nil {
				wantWhole(t, answer, err, test.answer)
			} else {
				wantReset(t, answer, err)
			}
		})
	}
}

func TestRecord(t *testing.T) {
	pipetest.Parallel(t)
	server := start(t, quick("read", "say:first", "say:second line", "exit:3"))
	_, _ = ask(t, server.addr, pipetest.Noise(1000))
	r := server.verdict(filterFailed)
	for key, want := range map[string]string{
		"id": "1", "in": "1000", "out": "0", "level": "WARN",
		"status": "exit status 3", "err": "filter: exit status 3", "stderr": "first\nsecond line",
	} {
		if r[key] != want {
			t.Errorf("%s: want %q, got %q", key, want, r[key])
		}
	}
	for _, key := range []string{"client", "queued", "filter"} {
		if r[key] == "" {
			t.Errorf("no %s in %v", key, r)
		}
	}
}

func TestNextHop(t *testing.T) {
	pipetest.Parallel(t)
	input := pipetest.Noise(200_000)
	for _, test := range []struct {
		name          string
		first, second []string   // steps of the filters
		verdicts      [2]verdict // of both servers; "" if the second had no connection
	}{
		{"answers", []string{"copy"}, []string{"copy"}, [2]verdict{whole, whole}},
		{"fails", []string{"copy"}, []string{"read", "write:100", "exit:3"}, [2]verdict{nextFailed, filterFailed}},
		{"never sees the end of a broken input", []string{"read", "write:100000", "exit:3"}, []string{"copy"}, [2]verdict{filterFailed, clientGone}},
		{"is not dialled for a filter that wrote nothing", []string{"read"}, []string{"copy"}, [2]verdict{noAnswer, ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			second := start(t, quick(test.second...))
			s := quick(test.first...)
			s.Next = []Addr{second.addr}
			first := start(t, s)
			answer, err := ask(t, first.addr, input)
			if test.verdicts[0] == whole {
				wantWhole(t, answer, err, input)
			} else {
				wantReset(t, answer, err)
			}
			first.verdict(test.verdicts[0])
			if test.verdicts[1] != "" {
				second.verdict(test.verdicts[1])
				return
			}
			second.stop()
			second.wait()
			if n := len(second.records); n != 0 {
				t.Errorf("want no connection at the next hop, got %d", n)
			}
		})
	}
	t.Run("refuses", func(t *testing.T) {
		pipetest.Parallel(t)
		s := quick("copy")
		s.Next, s.DialTimeout = []Addr{{Network: "tcp", Address: pipetest.ClosedPort(t)}}, 3*short
		first := start(t, s)
		answer, err := ask(t, first.addr, input)
		wantReset(t, answer, err)
		if r := first.verdict(nextFailed); !strings.Contains(r["err"], "connection refused") {
			t.Errorf("err: want the refusal, got %v", r)
		}
	})
}

func TestClientGone(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		name  string
		steps []string
		leave func(s fdio.Socket)
	}{
		{"reset while it sends", []string{"read", "write:10"}, func(s fdio.Socket) {}},
		{"reset after its half-close", []string{"read", "meet:"}, func(s fdio.Socket) { _ = s.CloseWrite() }},
		{"reset after its half-close, input unread", []string{"meet:"}, func(s fdio.Socket) { _ = s.CloseWrite() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			meeting := pipetest.NewMeeting(t)
			for i, step := range test.steps {
				if step == "meet:" {
					test.steps[i] += meeting.String()
				}
			}
			steps := append([]string{"read:1", "hold:" + meeting.String()}, test.steps...)
			server := start(t, quick(steps...))
			s := connect(t, server.addr)
			if _, err := s.Write(pipetest.Noise(1000)); err != nil {
				t.Fatal(err)
			}
			filter := meeting.Come()
			test.leave(s)
			pipetest.Reset(s)
			server.verdict(clientGone)
			meeting.Dies(filter)
		})
	}
}

func TestProbe(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	server := start(t, quick("read:1", "meet:"+meeting.String()))
	s := connect(t, server.addr)
	if err := s.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if r := server.verdict(probe); r["level"] != "DEBUG" || r["status"] != "" {
		t.Errorf("want a debug record and no filter, got %v", r)
	}
}

func TestPoolZero(t *testing.T) {
	pipetest.Parallel(t)
	s := quick("write:100")
	s.Pool = 0
	server := start(t, s)
	answer, err := ask(t, server.addr, nil)
	wantWhole(t, answer, err, pipetest.Written(100))
	server.verdict(whole)
}

func TestRefusesToStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	notExecutable := t.TempDir() + "/bad"
	if err := os.WriteFile(notExecutable, []byte("#!/no/such/interpreter\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		set  func(*Server)
		want string
	}{
		{"no such filter", func(s *Server) { s.Filter = []string{"no-such-filter"} }, "not found"},
		{"filter can't be executed", func(s *Server) { s.Filter = []string{notExecutable} }, notExecutable},
		{"port in use", func(s *Server) { s.Listen[0].Address = taken.Addr().String() }, "address already in use"},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.LeavesNothing(t)
			s := quick("copy")
			test.set(s)
			err := s.Serve(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("want an error with %q, got %v", test.want, err)
			}
		})
	}
}

func TestManyThroughTwoHops(t *testing.T) {
	pipetest.Parallel(t)
	s := quick()
	s.Filter, s.Pool = []string{"cat"}, 4
	second := start(t, s)
	s = quick()
	s.Filter, s.Pool, s.Next = []string{"cat"}, 4, []Addr{second.addr}
	first := start(t, s)
	const clients, each = 16, 13
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for i := range each {
				input := pipetest.Noise(1000 + 31_000*i + c)
				answer, err := ask(t, first.addr, input)
				if err != nil || !bytes.Equal(answer, input) {
					t.Errorf("client %d: want %d bytes back, got %d and %v", c, len(input), len(answer), err)
				}
			}
		})
	}
	all.Wait()
	for range clients * each {
		first.verdict(whole)
		second.verdict(whole)
	}
}
