package netpipe

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// codes are the statuses of the verdicts in the tables of chaos.
var codes = map[verdict]int{
	whole: 200, filterFailed: 422, noAnswer: 500, filterTimeout: 504, clientLarge: 413, notHeld: 500, nextFailed: 502,
}

func TestHTTPChaosFilters(t *testing.T) {
	pipetest.Parallel(t)
	everyRow(t, onHTTP(filterRows), func(t *testing.T, p *play) { p.overHTTP(t) })
}

// onHTTP returns rows whose servers listen for HTTP.
func onHTTP(rows []row) (all []row) {
	for _, r := range rows {
		set := r.set
		r.set = func(s *Server) {
			s.Listen = []Addr{{Network: "http", Address: "127.0.0.1:0"}}
			if set != nil {
				set(s)
			}
		}
		all = append(all, r)
	}
	return all
}

// overHTTP posts an input, and returns the record.
func (p *play) overHTTP(t *testing.T) record {
	got, err := post(t, p.server.addr, bytes.NewReader(pipetest.Noise(300_000)), nil)
	r := p.server.verdict(p.verdict)
	code := codes[p.verdict]
	switch {
	case strings.Contains(r["err"], "killed by signal 9") && p.verdict == filterFailed:
		code = 500
	case p.name == "answers more than all may hold":
		code = 503
	case p.verdict == noAnswer && r["next"] != "":
		code = 502
	}
	if p.verdict == whole {
		got.want(t, err, 200, p.answer)
	} else {
		got.says(t, err, code, "")
	}
	if r["http"] != strconv.Itoa(code) {
		t.Errorf("http: want %d, got %v", code, r)
	}
	return r
}

func TestHTTPChaosClients(t *testing.T) {
	pipetest.Parallel(t)
	some := pipetest.Noise(300_000)
	head := fmt.Sprintf("%sContent-Length: %d\n\n", postHead, 2*len(some))
	chunked := postHead + "Transfer-Encoding: chunked\n\n"
	chunk := func(b []byte) string { return fmt.Sprintf("%x\r\n%s\r\n", len(b), b) }
	waits := []string{"write:1000", "READ", "meet:GATE", "write:1000"}
	idle := func(s *Server) { s.IdleTimeout = 10 * short } // the head has to come within it
	longIdle := func(s *Server) { s.IdleTimeout = 50 * short }
	// On a busy machine the input can meet the idle timeout before the answer does. The
	// verdict is the same, the status is 408.
	const okOrTimeout = -1
	nothing := func(t *testing.T, _ *play, s fdio.Socket) {
		sendHTTP(t, s, chunked+"0\n\n")
		got, err := hear(t, bufio.NewReader(s), "POST")
		got.says(t, err, 400, "no input")
	}
	asWorkers := func(s *Server) { s.Filter, s.Reuse = pipetest.Worker(), 1000 }
	for _, test := range []struct {
		clientRow
		code int // 0: the connection just ends
	}{
		{clientRow{row{"resets in mid-input", []string{"read:1000", "meet:GATE"}, nil, clientGone, false}, func(t *testing.T, p *play, s fdio.Socket) {
			sendHTTP(t, s, head)
			send(t, s, some)
			p.gate.Come()
			pipetest.Reset(s)
		}}, 0},
		{clientRow{row{"closes in mid-input", []string{"read"}, nil, clientGone, false}, func(t *testing.T, p *play, s fdio.Socket) {
			sendHTTP(t, s, head)
			send(t, s, some)
			s.Close()
		}}, 0},
		{clientRow{row{"closes in mid-chunk", []string{"read"}, nil, clientGone, false}, func(t *testing.T, p *play, s fdio.Socket) {
			sendHTTP(t, s, chunked)
			send(t, s, []byte(chunk(some)[:1000]))
			s.Close()
		}}, 0},
		{clientRow{row{"closes without the last chunk", []string{"read"}, nil, clientGone, false}, func(t *testing.T, p *play, s fdio.Socket) {
			sendHTTP(t, s, chunked)
			send(t, s, []byte(chunk(some)))
			s.Close()
		}}, 0},
		{clientRow{row{"resets while it waits", waits, nil, clientGone, false}, func(t *testing.T, p *play, s fdio.Socket) {
			sendHTTP(t, s, chunked)
			send(t, s, []byte(chunk(some)+"0\r\n\r\n"))
			p.gate.Come()
			pipetest.Reset(s)
		}}, 0},
		{clientRow{row{"closes while it waits", []string{"read", "meet:GATE", "write:1000"}, nil, clientGone, false}, func(t *testing.T, p *play, s fdio.Socket) {
			sendHTTP(t, s, chunked)
			send(t, s, []byte(chunk(some)+"0\r\n\r\n"))
			p.gate.Come()
			s.Close()
		}}, 0},
		{clientRow{row{"resets in mid-answer", []string{"READ", "write:30000000"}, nil, clientGone, true}, func(t *testing.T, p *play, s fdio.Socket) {
			sendHTTP(t, s, chunked)
			send(t, s, []byte(chunk(some)+"0\r\n\r\n"))
			if _, err := io.ReadFull(s, make([]byte, 1000)); err != nil {
				t.Error(err)
			}
			pipetest.Reset(s)
		}}, 200},
		{clientRow{row{"doesn't read", []string{"READ", "write:30000000"}, longIdle, clientSilent, true}, func(t *testing.T, p *play, s fdio.Socket) {
			sendHTTP(t, s, chunked)
			send(t, s, []byte(chunk(some)+"0\r\n\r\n"))
		}}, okOrTimeout},
		{clientRow{row{"stops in mid-input", []string{"read"}, idle, clientSilent, false}, func(t *testing.T, p *play, s fdio.Socket) {
			sendHTTP(t, s, head)
			send(t, s, some)
			got, err := hear(t, bufio.NewReader(s), "POST")
			got.says(t, err, 408, "the idle timeout")
		}}, 408},
		{clientRow{row{"stops in mid-chunk", []string{"read"}, idle, clientSilent, false}, func(t *testing.T, p *play, s fdio.Socket) {
			sendHTTP(t, s, chunked)
			send(t, s, []byte(chunk(some)[:1000]))
			got, err := hear(t, bufio.NewReader(s), "POST")
			got.says(t, err, 408, "the idle timeout")
		}}, 408},
		{clientRow{row{"sends a byte now and then", []string{"read"}, idle, clientSilent, false}, func(t *testing.T, p *play, s fdio.Socket) {
			sendHTTP(t, s, chunked)
			go func() {
				for {
					if _, err := s.Write([]byte("1\r\nx\r\n")); err != nil {
						return
					}
					time.Sleep(short / 50)
				}
			}()
			got, err := hear(t, bufio.NewReader(s), "POST")
			got.says(t, err, 408, "the idle timeout")
			s.Close()
		}}, 408},
		{clientRow{row{"sends a chunk without a size", []string{"read"}, nil, badRequest, false}, func(t *testing.T, p *play, s fdio.Socket) {
			sendHTTP(t, s, chunked+"x\n")
			got, err := hear(t, bufio.NewReader(s), "POST")
			got.says(t, err, 400, "not HTTP")
		}}, 400},
		{clientRow{row{"sends nothing", waits, nil, badRequest, false}, func(t *testing.T, p *play, s fdio.Socket) {
			sendHTTP(t, s, postHead+"\n")
			got, err := hear(t, bufio.NewReader(s), "POST")
			got.says(t, err, 400, "no input")
		}}, 400},
		{clientRow{row{"sends nothing in chunks", []string{"read"}, nil, badRequest, false}, nothing}, 400},
		{clientRow{row{"sends nothing in chunks, to workers", nil, asWorkers, badRequest, false}, nothing}, 400},
	} {
		everyRow(t, onHTTP([]row{test.row}), func(t *testing.T, p *play) {
			test.behave(t, p, connect(t, p.server.addr))
			got := p.server.verdict(p.verdict)
			want := strconv.Itoa(test.code)
			if test.code == 0 {
				want = ""
			}
			if test.code == okOrTimeout && got["http"] == "408" {
				want = "408"
			} else if test.code == okOrTimeout {
				want = "200"
			}
			if got["http"] != want {
				t.Errorf("http: want %q, got %v", want, got)
			}
		})
	}
}

// A client that sends more than is allowed is told so while it sends, and can read it.
func TestHTTPTooLarge(t *testing.T) {
	pipetest.Parallel(t)
	for name, body := range map[string]io.Reader{
		"with a length": bytes.NewReader(pipetest.Noise(20_000_000)),
		"in chunks":     io.MultiReader(bytes.NewReader(pipetest.Noise(20_000_000))),
	} {
		t.Run(name, func(t *testing.T) {
			pipetest.Parallel(t)
			s := overHTTP("read")
			s.MaxInput = 1_000_000
			server := start(t, s)
			got, err := post(t, server.addr, body, nil)
			got.says(t, err, 413, "the input is larger than allowed")
			server.verdict(clientLarge)
			server.stop()
			_ = server.wait()
		})
	}
}

// An input that announces too large a length is not asked for.
func TestHTTPTooLargeByLength(t *testing.T) {
	pipetest.Parallel(t)
	s := overHTTP("copy")
	s.MaxInput = 9
	server := start(t, s)
	c := connect(t, server.addr)
	sendHTTP(t, c, postHead+"Content-Length: 10\nExpect: 100-continue\n\n")
	got, err := hear(t, bufio.NewReader(c), "POST")
	got.says(t, err, 413, "the input is larger than allowed")
	if r := server.verdict(clientLarge); r["status"] != "" {
		t.Errorf("want no filter, got %v", r)
	}
}

func TestHTTPGoneWhileQueued(t *testing.T) {
	pipetest.Parallel(t)
	for name, leave := range map[string]func(fdio.Socket){"reset": pipetest.Reset, "body read": func(s fdio.Socket) { s.Close() }} {
		t.Run(name, func(t *testing.T) {
			pipetest.Parallel(t)
			meeting := pipetest.NewMeeting(t)
			s := overHTTP("read", "meet:"+meeting.String(), "write:10")
			s.Max, s.AllowEmpty = 1, true
			server := start(t, s)
			first, second := connect(t, server.addr), connect(t, server.addr)
			sendHTTP(t, first, postHead+"Content-Length: 1\n\nx")
			filter := meeting.Come()
			length := 5
			if name == "body read" {
				length = 0
			}
			sendHTTP(t, second, fmt.Sprintf("%sContent-Length: %d\n\n", postHead, length))
			leave(second)
			if r := server.verdict(clientGone); r["status"] != "" {
				t.Errorf("want no filter, got %v", r)
			}
			filter.Close()
			server.verdict(whole)
		})
	}
}

func TestHTTPNoHold(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		name, last string
		verdict    verdict
		broken     bool
	}{
		{"exits 0", "exit:0", whole, false},
		{"exits 3", "exit:3", filterFailed, true},
		{"is killed", "kill", filterFailed, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			meeting := pipetest.NewMeeting(t)
			s := overHTTP("write:1000", "read", "meet:"+meeting.String(), test.last)
			s.NoHold = true
			server := start(t, s)
			c := connect(t, server.addr)
			sendHTTP(t, c, postHead+"Transfer-Encoding: chunked\n\n5\nhello\n")
			response, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: "POST"})
			if err != nil || response.StatusCode != 200 {
				t.Fatalf("want 200, got %v and %v", response, err)
			}
			if _, err := io.ReadFull(response.Body, make([]byte, 1000)); err != nil {
				t.Errorf("the answer doesn't come while the filter runs: %v", err)
			}
			sendHTTP(t, c, "0\n\n")
			meeting.Come().Close()
			if _, err := response.Body.Read(make([]byte, 1)); (err != io.EOF) != test.broken {
				t.Errorf("want broken %t, got %v", test.broken, err)
			}
			if r := server.verdict(test.verdict); r["http"] != "200" {
				t.Errorf("want status 200 in the log, got %v", r)
			}
		})
	}
	t.Run("fails before it answers", func(t *testing.T) {
		pipetest.Parallel(t)
		s := overHTTP("read", "say:bad", "exit:3")
		s.NoHold = true
		got, err := post(t, start(t, s).addr, strings.NewReader("x"), nil)
		got.says(t, err, 422, "bad")
	})
	t.Run("HTTP/1.0", func(t *testing.T) {
		pipetest.Parallel(t)
		s := overHTTP("copy")
		s.NoHold = true
		c := connect(t, start(t, s).addr)
		sendHTTP(t, c, "POST / HTTP/1.0\nContent-Length: 1\n\nx")
		got, err := hear(t, bufio.NewReader(c), "POST")
		got.says(t, err, 505, "HTTP/1.0")
	})
}

func TestHTTPTwoHops(t *testing.T) {
	pipetest.Parallel(t)
	input := pipetest.Noise(2_000_000)
	for _, test := range []struct {
		name          string
		first, second []string
		code          int
		body          string // of a failure
		verdicts      [2]verdict
	}{
		{"whole", []string{"copy"}, []string{"copy"}, 200, "", [2]verdict{whole, whole}},
		{"the first fails", []string{"read", "write:100000", "say:no", "exit:3"}, []string{"copy"}, 422, "no", [2]verdict{filterFailed, clientGone}},
		{"the second refuses", []string{"copy"}, []string{"read", "say:bad", "exit:1"}, 422, "bad", [2]verdict{nextFailed, filterFailed}},
		{"the second is killed", []string{"copy"}, []string{"read", "kill"}, 502, "next hop", [2]verdict{nextFailed, filterFailed}},
		{"the second says nothing", []string{"copy"}, []string{"read"}, 502, "next hop", [2]verdict{nextFailed, noAnswer}},
	} {
		overBoth(t, test.name, func(t *testing.T, over func(*Server) *Server) {
			second := start(t, over(overHTTP(test.second...)))
			s := over(overHTTP(test.first...))
			s.Next = []Addr{second.addr}
			first := start(t, s)
			client := browse(t)
			for range 3 {
				got, err := postBy(t, client, first.addr, bytes.NewReader(input), nil)
				if test.code == 200 {
					got.want(t, err, 200, input)
				} else {
					got.says(t, err, test.code, test.body)
				}
				first.verdict(test.verdicts[0])
				second.verdict(test.verdicts[1])
			}
		})
	}
	t.Run("a full one", func(t *testing.T) {
		pipetest.Parallel(t)
		meeting := pipetest.NewMeeting(t)
		s := overHTTP("read", "meet:"+meeting.String(), "write:10")
		s.Max, s.Queue = 1, 0
		second := start(t, s)
		c := connect(t, second.addr)
		sendHTTP(t, c, postHead+"Content-Length: 1\n\nx")
		filter := meeting.Come()
		s = overHTTP("copy")
		s.Next = []Addr{second.addr}
		got, err := post(t, start(t, s).addr, strings.NewReader("x"), nil)
		got.says(t, err, 503, "the queue is full")
		filter.Close()
	})
	t.Run("none", func(t *testing.T) {
		pipetest.Parallel(t)
		s := overHTTP("copy")
		s.Next, s.DialTimeout = []Addr{{Network: "http", Address: pipetest.ClosedPort(t)}}, short
		got, err := post(t, start(t, s).addr, strings.NewReader("x"), nil)
		got.says(t, err, 502, "the next hop failed")
	})
}

// A raw client gets all of the answer or a reset, in each way in which an HTTP next hop
// can fail.
func TestHTTPChaosNextHops(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range answers {
		overBoth(t, test.name, func(t *testing.T, over func(*Server) *Server) {
			behave := func(_ int, s fdio.Socket, r *http.Request) bool { test.behave(s, r); return false }
			s := over(quick("read", "write:3000000"))
			s.Next = []Addr{newHTTPHop(t, behave).addr()}
			if s.Listen[0].IsTLS() {
				s.Next = []Addr{newHTTPSHop(t, behave).addr()}
			}
			server := start(t, s)
			answer, err := ask(t, server.addr, pipetest.Noise(1000))
			if test.want == "" {
				wantWhole(t, answer, err, []byte(test.answer))
				server.verdict(whole)
				return
			}
			wantReset(t, answer, err)
			if r := server.verdict(nextFailed); !strings.Contains(r["err"], "next hop: ") {
				t.Errorf("err: got %v", r)
			}
		})
	}
}
