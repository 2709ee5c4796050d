package queue

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"imgpipe/netpipe/internal/pipetest"
)

// Workers make the consumer again when it is lost.
func TestConsumerIsLost(t *testing.T) {
	s := newScene(t, "")
	w := s.work(nil)
	s.write("a", "read write:10")
	s.add(false, Added{Jobs: 1})
	s.ended(Done)
	if err := s.queue.jobs.DeleteConsumer(t.Context(), consumer); err != nil {
		t.Fatal(err)
	}
	s.write("b", "read write:20")
	s.add(false, Added{Jobs: 1, Done: 1})
	s.ended(Done)
	w.stop()
	s.count(Counts{Added: 2, Done: 2})
}

// While the server is away, a job that is at work finishes, and so do those that wait, when it
// is there again.
func TestServerGoesAway(t *testing.T) {
	dir := t.TempDir()
	pipetest.LeavesNothing(t)
	first := startNATS(t, &server.Options{StoreDir: dir})
	port := first.Addr().(*net.TCPAddr).Port
	s := newScene(t, "nats://"+first.Addr().String()+"/test")
	gate := pipetest.NewMeeting(t)
	s.write("a", "meet:"+gate.String()+" write:10")
	s.write("b", "meet:"+gate.String()+" write:20")
	s.add(false, Added{Jobs: 2})
	silent := make(chan struct{}, 1000)
	var worker *Worker
	s.work(func(w *Worker) {
		w.Jobs, w.Log = 1, slog.New(&signal{"the server does not answer", silent})
		worker = w
	})
	at := gate.Come()
	stopNATS(first)
	at.Close()
	pipetest.Eventually(t, func() error { // while the server is away
		_, err := os.Stat(filepath.Join(s.out, "a"))
		return err
	})
	<-silent // a request was in vain, and is made again
	if n := worker.AtWork(); n != 1 {
		t.Errorf("the end of a job is not told yet: %d are at work, want 1", n)
	}
	startNATS(t, &server.Options{StoreDir: dir, Port: port})
	s.ended(Done)
	gate.Come().Close()
	s.ended(Done)
	s.count(Counts{Added: 2, Done: 2})
	s.wantOut(map[string]int{"a": 10, "b": 20})
}
