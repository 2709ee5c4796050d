package queue

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"imgpipe/netpipe"
	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/objects"
)

func TestMain(m *testing.M) { pipetest.Main(m, nil) }

// startNATS starts a server until the test ends.
func startNATS(t testing.TB, options *server.Options) *server.Server {
	t.Helper()
	options.Host, options.JetStream, options.NoSigs, options.NoLog = "127.0.0.1", true, true, true
	if options.Port == 0 {
		options.Port = server.RANDOM_PORT
	}
	if options.StoreDir == "" {
		options.StoreDir = t.TempDir()
	}
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { stopNATS(s) })
	if !s.ReadyForConnections(pipetest.Patience) {
		t.Fatal("the server does not start")
	}
	return s
}

func stopNATS(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// A scene is a queue, the directories of its objects, and what its workers have done.
type scene struct {
	t       *testing.T
	config  Config
	queue   *Queue
	in, out string
	results chan Result
}

// newScene makes a queue on a server of its own, unless at says where.
func newScene(t *testing.T, at string) *scene {
	t.Helper()
	pipetest.LeavesNothing(t)
	if at == "" {
		at = "nats://" + startNATS(t, &server.Options{}).Addr().String() + "/test"
	}
	address, err := ParseAddress(at)
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{
		t: t, config: Config{Address: address, Make: true},
		in: t.TempDir(), out: filepath.Join(t.TempDir(), "out"), results: make(chan Result, 10000),
	}
	s.queue = s.connect()
	return s
}

// connect opens a connection until the test ends.
func (s *scene) connect() *Queue {
	s.t.Helper()
	q, err := Connect(s.t.Context(), s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(q.Close)
	return q
}

// write writes an object, whose content is the steps of the filter.
func (s *scene) write(key, steps string) {
	s.t.Helper()
	path := filepath.Join(s.in, key)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(steps+"\n"), 0o666); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) location(dir string) objects.Location {
	s.t.Helper()
	l, err := objects.ParseLocation(dir)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

// object returns what the store tells of an object.
func (s *scene) object(key string) objects.Object {
	s.t.Helper()
	store, err := objects.Options{}.Open(s.location(s.in).Store)
	if err != nil {
		s.t.Fatal(err)
	}
	o, err := store.Stat(s.t.Context(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

// add adds all objects, and checks what has come of that.
func (s *scene) add(force bool, want Added) {
	s.t.Helper()
	got, err := s.queue.Add(s.t.Context(), Addition{In: s.location(s.in), Out: s.location(s.out), Force: force})
	if err != nil {
		s.t.Fatal(err)
	}
	got.Last = ""
	if got != want {
		s.t.Errorf("Add: want %+v, got %+v", want, got)
	}
}

// A hand is a worker that runs.
type hand struct {
	end  func() // ends the context of Run
	stop func() // waits for the end of Run, too
	done chan struct{}
}

// work starts a worker whose filter obeys the objects.
func (s *scene) work(change func(*Worker)) *hand {
	s.t.Helper()
	config := netpipe.Defaults()
	config.Pool, config.Filter, config.Env = 1, pipetest.Filter("obey"), []string{"GORACE"}
	config.FilterMemory, config.FilterCPU, config.Timeout = 0, 0, pipetest.Patience // the race detector maps much memory
	filter, err := netpipe.NewRunner(&config)
	if err != nil {
		s.t.Fatal(err)
	}
	w := &Worker{
		Queue: s.queue, Filter: filter, Jobs: 2, Tries: 3, Drain: pipetest.Patience,
		Observe: func(r Result) { s.results <- r }, firstAgain: time.Millisecond,
	}
	if change != nil {
		change(w)
	}
	ctx, end := context.WithCancel(context.Background())
	h := &hand{end: end, done: make(chan struct{})}
	go func() {
		defer close(h.done)
		defer filter.Close()
		if err := w.Run(ctx); err != nil {
			s.t.Errorf("Run: %v", err)
		}
	}()
	h.stop = sync.OnceFunc(func() {
		end()
		<-h.done
	})
	s.t.Cleanup(h.stop)
	return h
}

// ended waits for results of tries, and checks their outcomes, in any order.
func (s *scene) ended(want ...Outcome) {
	s.t.Helper()
	var got []Outcome
	for range want {
		select {
		case r := <-s.results:
			got = append(got, r.Outcome)
		case <-time.After(pipetest.Patience):
			s.t.Fatalf("outcomes: want %q, got only %q", want, got)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		s.t.Errorf("outcomes: want %q, got %q", want, got)
	}
}

// count waits until the queue has these counts.
func (s *scene) count(want Counts) {
	s.t.Helper()
	var got Counts
	var err error
	for deadline := time.Now().Add(pipetest.Patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		got, err = s.queue.Counts(s.t.Context())
		if got.Done+got.Failed+got.Left() != got.Added {
			s.t.Fatalf("the counts do not add up: %+v", got)
		}
		if (got.Oldest > 0) != (got.Left() > 0) {
			s.t.Errorf("the oldest job's age: %+v", got)
		}
		if got.Oldest = 0; err == nil && got == want {
			return
		}
	}
	s.t.Fatalf("counts: want %+v, got %+v, %v", want, got, err)
}

// failures returns the failures, as lines.
func (s *scene) failures() (lines []string) {
	s.t.Helper()
	if err := s.queue.Failures(s.t.Context(), func(f Failure) error {
		lines = append(lines, fmt.Sprintf("%s: %s (%d)", f.Job.Key, f.Why, f.Tries))
		return nil
	}); err != nil {
		s.t.Fatal(err)
	}
	return lines
}

// wantOut checks that there are these results and no others, by the sizes of what their
// filters have written.
func (s *scene) wantOut(sizes map[string]int) {
	s.t.Helper()
	seen := 0
	_ = filepath.WalkDir(s.out, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil
		}
		seen++
		key, _ := filepath.Rel(s.out, path)
		size, wanted := sizes[key]
		if text, err := os.ReadFile(path); !wanted || err != nil || !slices.Equal(text, pipetest.Written(size)) {
			s.t.Errorf("result %s: %d bytes, %v; want %d (wanted: %t)", key, len(text), err, size, wanted)
		}
		return nil
	})
	if seen != len(sizes) {
		s.t.Errorf("%d results, want %d", seen, len(sizes))
	}
}

// A signal is a log that sends a signal when a message has some words.
type signal struct {
	words string
	to    chan<- struct{}
}

func (*signal) Enabled(context.Context, slog.Level) bool { return true }

func (s *signal) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, s.words) {
		s.to <- struct{}{}
	}
	return nil
}

func (s *signal) WithAttrs([]slog.Attr) slog.Handler { return s }
func (s *signal) WithGroup(string) slog.Handler      { return s }
