package netpipe

import (
	"net"
	"net/netip"
	"testing"
)

func TestAdmissionOrder(t *testing.T) {
	a := admission{max: 1, queue: 3}
	if turn, err := a.enter(); turn != nil || err != nil {
		t.Fatalf("the first: want a place at once, got %v, %v", turn, err)
	}
	var turns []chan struct{}
	for range 3 {
		turn, err := a.enter()
		if turn == nil || err != nil {
			t.Fatalf("want a turn, got %v, %v", turn, err)
		}
		turns = append(turns, turn)
	}
	if _, err := a.enter(); err != errQueueFull {
		t.Errorf("the queue is full: got %v", err)
	}
	has := func(i int) bool {
		select {
		case <-turns[i]:
			return true
		default:
			return false
		}
	}
	a.quit(turns[1])
	a.leave()
	if !has(0) || has(2) {
		t.Errorf("after one left: want the first in the queue inside, got %t, %t", has(0), has(2))
	}
	a.quit(turns[0]) // it had its place already
	if !has(2) {
		t.Error("after two left and one quit: want the third inside")
	}
	a.leave()
	if a.inside != 0 || len(a.waiting) != 0 {
		t.Errorf("at the end: %d inside, %d waiting", a.inside, len(a.waiting))
	}
}

func TestDoor(t *testing.T) {
	tcp := func(s string) net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s)) }
	d := &door{
		allow:     []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")},
		perSource: 2,
		room:      6,
		sources:   map[netip.Addr]int{},
	}
	for i, test := range []struct {
		from string
		want error
	}{
		{"192.0.2.1:1", nil},
		{"198.51.100.1:1", errNotAllowed},
		{"[::1]:1", errNotAllowed},
		{"192.0.2.1:2", nil},
		{"192.0.2.1:3", errSourceBusy},
		{"[::ffff:192.0.2.1]:4", errSourceBusy}, // the same
		{"192.0.2.2:1", nil},
		{"[2001:db8::1]:1", nil},
		{"[2001:db8::2]:1", nil},
		{"[2001:db8::3]:1", errSourceBusy}, // the same /64
		{"[2001:db8:0:1::1]:1", nil},
		{"192.0.2.3:1", errNoRoom},
	} {
		if _, got := d.enter(tcp(test.from), false); got != test.want {
			t.Errorf("%d: %s: want %v, got %v", i, test.from, test.want, got)
		}
	}
	d.leave(tcp("192.0.2.1:1"))
	if _, err := d.enter(tcp("192.0.2.1:5"), false); err != nil {
		t.Errorf("after one left: %v", err)
	}
	for _, from := range []string{"192.0.2.1:1", "192.0.2.1:1", "192.0.2.2:1", "[2001:db8::1]:1", "[2001:db8::1]:1", "[2001:db8:0:1::1]:1"} {
		d.leave(tcp(from))
	}
	if d.inside != 0 || len(d.sources) != 0 {
		t.Errorf("at the end: %d inside, sources %v", d.inside, d.sources)
	}
}

func TestDoorUnixSocket(t *testing.T) {
	d := &door{allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, perSource: 1, room: 3, sources: map[netip.Addr]int{}}
	for range 3 {
		if _, err := d.enter(&net.UnixAddr{}, false); err != nil {
			t.Errorf("a unix socket has no source: %v", err)
		}
	}
}
