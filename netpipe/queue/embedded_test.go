package queue

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"imgpipe/netpipe/internal/pipetest"
)

// When the program that runs the server of a directory ends, another one takes over, and no
// job is lost. Who does not know the server's token is refused.
func TestTakeOver(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "queue")
	first := newScene(t, "embedded:"+dir)
	second := newScene(t, "embedded:"+dir)
	first.write("a", "read write:10")
	first.write("b", "read write:20")
	first.add(false, Added{Jobs: 2})
	place, err := first.queue.server.place()
	if err != nil {
		t.Fatal(err)
	}
	if host, _, _ := net.SplitHostPort(place.Address); host != "127.0.0.1" {
		t.Errorf("the server listens on %s", place.Address)
	}
	for _, options := range [][]nats.Option{nil, {nats.Token("guess")}} {
		if conn, err := nats.Connect("nats://"+place.Address, options...); err == nil {
			conn.Close()
			t.Error("a stranger is let in")
		} else if strings.Contains(err.Error(), place.Token) {
			t.Errorf("%v tells the token", err)
		}
	}
	for name, mode := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "server"): 0o600} {
		if st, err := os.Stat(name); err != nil || st.Mode().Perm() != mode {
			t.Errorf("%s: want mode %o, got %v, %v", name, mode, st.Mode(), err)
		}
	}
	second.work(nil)
	second.ended(Done, Done)
	gate := pipetest.NewMeeting(t)
	first.write("c", "meet:"+gate.String()+" write:30")
	first.add(false, Added{Jobs: 1, Done: 2})
	at := gate.Come()
	first.queue.Close()
	at.Close()
	second.ended(Done)
	second.count(Counts{Added: 3, Done: 3})
	first.wantOut(map[string]int{"a": 10, "b": 20, "c": 30})
	if now, err := second.queue.server.place(); err != nil || now.Token == place.Token {
		t.Errorf("the second server has the token of the first: %v", err)
	}
}
