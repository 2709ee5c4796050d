package netpipe

import (
	"io"
	"maps"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// queued returns an admission with one place, and places that have entered it: the first
// is inside, the others wait. Each is of the source 192.0.2.N.
func queued(t *testing.T, queue int, sources ...byte) (*admission, []*place) {
	t.Helper()
	a := newAdmission(&Server{Max: 1, Queue: queue})
	var all []*place
	for i, n := range sources {
		p := &place{source: netip.AddrFrom4([4]byte{192, 0, 2, n})}
		if waits, err := a.enter(p); waits != (i > 0) || err != nil {
			t.Fatalf("place %d: want to wait: %t; got %t and %v", i, i > 0, waits, err)
		}
		all = append(all, p)
	}
	return &a, all
}

// hasTurn reports whether a place that has waited is inside.
func hasTurn(p *place) bool {
	select {
	case <-p.turn:
		return !p.refused
	default:
		return false
	}
}

func TestAdmissionOrder(t *testing.T) {
	pipetest.Parallel(t)
	a, p := queued(t, 3, 1, 1, 1, 1)
	if _, err := a.enter(&place{source: p[0].source}); err != ErrQueueFull {
		t.Errorf("the queue is full: got %v", err)
	}
	a.quit(p[2])
	a.leave(p[0])
	if !hasTurn(p[1]) || hasTurn(p[3]) {
		t.Errorf("after one left: want the first in the queue inside, got %t, %t", hasTurn(p[1]), hasTurn(p[3]))
	}
	a.quit(p[1]) // it had its place already
	if !hasTurn(p[3]) {
		t.Error("after two left and one quit: want the last inside")
	}
	a.leave(p[3])
	if len(a.inside) != 0 || len(a.waiting) != 0 {
		t.Errorf("at the end: %d inside, %d waiting", len(a.inside), len(a.waiting))
	}
}

// The next place is for the source that has the fewest.
func TestAdmissionIsFair(t *testing.T) {
	pipetest.Parallel(t)
	a, p := queued(t, 10, 1, 1, 1, 2, 2)
	a.max = 2
	second := &place{source: p[0].source}
	a.admit(second)
	a.leave(p[0]) // source 1 has the other place
	if !hasTurn(p[3]) {
		t.Error("want the first of source 2 inside, which has no place")
	}
	a.leave(second) // source 2 has the other place
	if !hasTurn(p[1]) {
		t.Error("want the first of source 1 inside")
	}
	a.leave(p[3])
	a.leave(p[1])
	if !hasTurn(p[2]) || !hasTurn(p[4]) {
		t.Error("want the last of both inside")
	}
}

// A source that fills the queue gives up its last place there for a source that has none.
func TestAdmissionQueueIsFair(t *testing.T) {
	pipetest.Parallel(t)
	a, p := queued(t, 3, 1, 1, 1, 1)
	other := netip.AddrFrom4([4]byte{192, 0, 2, 2})
	if waits, err := a.enter(&place{source: other}); !waits || err != nil {
		t.Errorf("the first of another source: want a turn, got %t and %v", waits, err)
	}
	if !p[3].refused || p[1].refused || p[2].refused {
		t.Error("want the last of source 1 refused")
	}
	a.quit(p[3])
	if _, err := a.enter(&place{source: other}); err != ErrQueueFull {
		t.Errorf("the second of another source has as many: got %v", err)
	}
}

// makeRoom ends what waits for a client that is slow, or of which there are many.
func TestMakeRoom(t *testing.T) {
	pipetest.Parallel(t)
	const grace = 5 * time.Second
	for _, test := range []struct {
		name    string
		sources []byte // of those inside
		behind  time.Duration
		waits   bool
		inside  time.Duration
		ends    bool
	}{
		{"slow, of the same source", []byte{1}, 6 * time.Second, true, time.Minute, true},
		{"slow, of another source", []byte{2}, 6 * time.Second, true, time.Minute, true},
		{"slow, just admitted", []byte{2}, 6 * time.Second, true, time.Second, false},
		{"not slow", []byte{2}, time.Second, true, time.Minute, false},
		{"not slow, of a source that has many", []byte{2, 2}, time.Second, true, time.Minute, true},
		{"not slow, of the same source that has many", []byte{1, 1}, time.Second, true, time.Minute, false},
		{"not slow, of a source that has as many", []byte{1, 2}, time.Second, true, time.Minute, false},
		{"at work, of a source that has many", []byte{2, 2}, 0, false, time.Minute, false},
	} {
		a := newAdmission(&Server{Max: len(test.sources), Queue: 3})
		a.grace = grace
		ended := 0
		for _, n := range test.sources {
			p := &place{
				source:    netip.AddrFrom4([4]byte{192, 0, 2, n}),
				clientLag: func() (time.Duration, bool) { return test.behind, test.waits },
				giveWay:   func() { ended++ },
			}
			_, _ = a.enter(p)
			p.entered = time.Now().Add(-test.inside)
		}
		for range 2 { // the second waits for another end
			p := &place{source: netip.AddrFrom4([4]byte{192, 0, 2, 1})}
			_, _ = a.enter(p)
			a.makeRoom(p)
			a.makeRoom(p)
		}
		if (ended > 0) != test.ends || ended > 1 {
			t.Errorf("%s: want an end: %t; got %d", test.name, test.ends, ended)
		}
	}
}

// connectFrom connects from another address of the loopback interface.
func connectFrom(t *testing.T, source string, at Addr) fdio.Socket {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	conn, err := d.Dial("tcp", at.Address)
	if err != nil {
		t.Skipf("this machine has no address %s: %v", source, err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(pipetest.Patience))
	return conn.(fdio.Socket)
}

// Clients that are silent in mid-input, or send at the least rate without end, keep
// another source from its answer for no longer than the grace.
func TestSlowClientsGiveWay(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		name string
		set  func(*Server)
		send func(t *testing.T, s fdio.Socket, steps string)
	}{
		{"14 bytes", func(*Server) {}, func(t *testing.T, s fdio.Socket, _ string) { send(t, s, pipetest.Noise(14)) }},
		{"without end", func(*Server) {}, func(t *testing.T, s fdio.Socket, _ string) { drip(s) }},
		{"without end, to workers", func(s *Server) { s.Filter, s.Reuse = pipetest.Worker(), 100 }, func(t *testing.T, s fdio.Socket, steps string) {
			send(t, s, append([]byte(steps+"\n"), pipetest.Noise(aheadChunks*fdio.ChunkSize)...))
			drip(s)
		}},
	} {
		for _, network := range []string{"tcp", "http"} {
			t.Run(test.name+"/"+network, func(t *testing.T) {
				pipetest.Parallel(t)
				meeting := pipetest.NewMeeting(t)
				steps := []string{"read:1", "hold:" + meeting.String(), "read", "write:1000"}
				s := quick(steps...)
				s.Max, s.IdleTimeout = 2, 9*time.Second // the grace is 1.5 s
				s.Listen[0].Network = network
				test.set(s)
				server := start(t, s)
				var slow []fdio.Socket
				for range s.Max {
					c := connectFrom(t, "127.0.0.2", server.addr)
					if network == "http" {
						sendHTTP(t, c, postHead+"Content-Length: 100000000\n\n")
					}
					test.send(t, c, strings.Join(steps, " "))
					meeting.Come()
					slow = append(slow, c)
				}
				good := connectFrom(t, "127.0.0.1", server.addr)
				if network == "http" {
					sendHTTP(t, good, postHead+"Content-Length: 11\n\n")
				}
				send(t, good, []byte("write:1000\n"))
				if network == "tcp" {
					_ = good.CloseWrite()
				}
				if _, err := io.ReadFull(good, make([]byte, 1000)); err != nil {
					t.Errorf("want an answer, got %v", err)
				}
				got := map[string]string{} // the two records may come in either order
				for range 2 {
					r := <-server.records
					got[r["verdict"]] = r["err"]
				}
				if want := map[string]string{string(busy): "client: " + ErrGiveWay.Error(), string(whole): ""}; !maps.Equal(got, want) {
					t.Errorf("verdicts and errors: want %v, got %v", want, got)
				}
				for _, c := range append(slow, good) {
					c.Close()
				}
				server.stop()
				_ = server.wait() // net/http waits before it closes a connection
			})
		}
	}
}

// drip sends twice the least rate until s is closed.
func drip(s fdio.Socket) {
	go func() {
		for {
			if _, err := s.Write(make([]byte, minInputRate/5)); err != nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
}
