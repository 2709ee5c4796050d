package queue

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
)

func TestParseAddress(t *testing.T) {
	for _, test := range []struct {
		text string
		want Address // zero: an error
	}{
		{"nats://host/thumbs", Address{Servers: "nats://host", Name: "thumbs"}},
		{"tls://host:4222/a-b_C1", Address{Servers: "tls://host:4222", Name: "a-b_C1"}},
		{"nats://a,b:1,[::1]:2/q", Address{Servers: "nats://a,nats://b:1,nats://[::1]:2", Name: "q"}},
		{"embedded:dir/of", Address{Dir: "dir/of", Name: "jobs"}},
		{"embedded:", Address{}},
		{"nats://host", Address{}},
		{"nats://host/", Address{}},
		{"nats://host/a.b", Address{}},
		{"nats://host/a/b", Address{}},
		{"nats://host/*", Address{}},
		{"nats://host/" + strings.Repeat("x", 101), Address{}},
		{"nats:///q", Address{}},
		{"nats://a,,b/q", Address{}},
		{"nats://user:secret@host/q", Address{}},
		{"nats://host?token=secret/q", Address{}},
		{"nats://a,host:4222#secret/q", Address{}},
		{"nats://host/q?token=secret", Address{}},
		{"nats://host:secret/q", Address{}},
		{"http://host/q", Address{}},
		{"host/q", Address{}},
		{"", Address{}},
	} {
		got, err := ParseAddress(test.text)
		if (err == nil) != (test.want != Address{}) || got != test.want {
			t.Errorf("%q: want %+v, got %+v, %v", test.text, test.want, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v tells the secret", test.text, err)
		}
	}
}

// Added is the sum of the others at any moment, also if the two streams were asked at
// different ones.
func TestCount(t *testing.T) {
	for _, test := range []struct {
		name           string
		jobs, failures jetstream.StreamState
		renamed        uint64
		waiting        uint64
		want           Counts
	}{
		{"new", jetstream.StreamState{}, jetstream.StreamState{}, 0, 0, Counts{}},
		{"some", jetstream.StreamState{LastSeq: 10, Msgs: 5}, jetstream.StreamState{LastSeq: 2, Msgs: 2}, 0, 3, Counts{Added: 10, Done: 3, Failed: 2, Waiting: 3, AtWork: 2}},
		{"put back", jetstream.StreamState{LastSeq: 12, Msgs: 2}, jetstream.StreamState{LastSeq: 3, Msgs: 1}, 0, 2, Counts{Added: 10, Done: 7, Failed: 1, Waiting: 2}},
		{"recorded, and not ended", jetstream.StreamState{LastSeq: 3, Msgs: 1}, jetstream.StreamState{LastSeq: 3, Msgs: 3}, 0, 0, Counts{Added: 3, Failed: 3}},
		{"recorded, and given back", jetstream.StreamState{LastSeq: 3, Msgs: 1}, jetstream.StreamState{LastSeq: 3, Msgs: 3}, 0, 1, Counts{Added: 3, Failed: 3}},
		{"failures asked much later", jetstream.StreamState{LastSeq: 3, Msgs: 3}, jetstream.StreamState{LastSeq: 5, Msgs: 5}, 0, 1, Counts{Added: 5, Failed: 5}},
		{"renamed by an upgrade", jetstream.StreamState{LastSeq: 12, Msgs: 2}, jetstream.StreamState{LastSeq: 7, Msgs: 2}, 3, 2, Counts{Added: 10, Done: 6, Failed: 2, Waiting: 2}},
	} {
		got := count(test.jobs, test.failures, test.renamed, test.waiting)
		if got != test.want || got.Done+got.Failed+got.Left() != got.Added {
			t.Errorf("%s: want %+v, got %+v", test.name, test.want, got)
		}
	}
}

// An addition that ends early says how far it has come, and another one goes on from there.
func TestAddInParts(t *testing.T) {
	s := newScene(t, "")
	const n = addBatch + addBatch/2
	for i := range n {
		s.write(fmt.Sprintf("%d/%04d", i%2, i), "x")
	}
	a := Addition{In: s.location(s.in), Out: s.location(s.out), After: "0/0098"}
	got, err := s.queue.Add(t.Context(), a)
	if want := (Added{Jobs: n - 50, Last: fmt.Sprintf("1/%04d", n-1)}); err != nil || got != want {
		t.Errorf("want %+v, got %+v, %v", want, got, err)
	}

	other := newScene(t, "")
	full := other.queue.jobs.CachedInfo().Config
	full.Discard, full.MaxMsgs = jetstream.DiscardNew, addBatch
	if _, err := other.queue.js.UpdateStream(t.Context(), full); err != nil {
		t.Fatal(err)
	}
	a.After = ""
	got, err = other.queue.Add(t.Context(), a)
	if want := (Added{Jobs: addBatch, Last: fmt.Sprintf("1/%04d", 2*(addBatch-n/2)-1)}); err == nil || got != want {
		t.Errorf("the queue is full: want %+v and an error, got %+v, %v", want, got, err)
	}
	full.MaxMsgs = -1
	if _, err := other.queue.js.UpdateStream(t.Context(), full); err != nil {
		t.Fatal(err)
	}
	a.After = got.Last
	got, err = other.queue.Add(t.Context(), a)
	if err != nil || got.Jobs+got.Waiting != n-addBatch {
		t.Errorf("after %s: got %+v, %v", a.After, got, err)
	}
	other.count(Counts{Added: n, Waiting: n})
}

// A queue that is not there is an error of those who only ask, and leaves nothing.
func TestNoQueue(t *testing.T) {
	s := startNATS(t, &server.Options{})
	none, photos := filepath.Join(t.TempDir(), "none"), t.TempDir()
	for _, at := range []string{"nats://" + s.Addr().String() + "/none", "embedded:" + none, "embedded:" + photos} {
		address, err := ParseAddress(at)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Connect(t.Context(), Config{Address: address}); !errors.Is(err, ErrNoQueue) {
			t.Errorf("%s: want %v, got %v", at, ErrNoQueue, err)
		}
	}
	if _, err := os.Stat(none); err == nil {
		t.Error("the directory was made")
	}
	if entries, err := os.ReadDir(photos); err != nil || len(entries) > 0 {
		t.Errorf("in a folder without a queue there are %v, %v", entries, err)
	}
}

// A server that accepts a connection and stays silent, or falls silent later, does not answer.
func TestServerIsSilent(t *testing.T) {
	s := newScene(t, "")
	over, stop := context.WithTimeout(t.Context(), 0)
	defer stop()
	if _, err := s.queue.Counts(over); err != ErrNoAnswer {
		t.Errorf("Counts: want %v, got %v", ErrNoAnswer, err)
	}
	if err := s.queue.Failures(over, nil); err != ErrNoAnswer {
		t.Errorf("Failures: want %v, got %v", ErrNoAnswer, err)
	}
	if testing.Short() {
		t.Skip("a connection is given up after 5 s")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // the kernel accepts
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	at := "nats://" + l.Addr().String()
	config := Config{Address: Address{Servers: at, Name: "test"}}
	if _, err := Connect(t.Context(), config); !errors.Is(err, ErrNoAnswer) || err.Error() != "connect to "+at+": the queue does not answer" {
		t.Errorf("Connect: got %v", err)
	}
}
