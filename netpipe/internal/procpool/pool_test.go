package procpool

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

func TestMain(m *testing.M) { pipetest.Main(m, nil) }

func TestPoolIsKeptFull(t *testing.T) {
	pipetest.LeavesNothing(t)
	meeting := pipetest.NewMeeting(t)
	p, err := New(Config{Programs: []Program{{Args: pipetest.Filter("hold:"+meeting.String(), "read")}}, Size: 3, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for range 3 {
		meeting.Come()
	}
	proc, err := p.Take(nil)
	if err != nil {
		t.Fatal(err)
	}
	meeting.Come() // the one that replaces it
	proc.Abort()
	proc.Release()
}

func TestPoolBacksOff(t *testing.T) {
	pipetest.LeavesNothing(t)
	records := make(chan string, 100)
	p, err := New(Config{Programs: []Program{{Args: pipetest.Filter("say:no memory", "exit:3")}}, Size: 4, Log: slog.New(slog.NewTextHandler(&warnings{records}, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	first, second := <-records, <-records
	for _, want := range []string{"exit status 3: no memory", "retry=100ms"} {
		if !strings.Contains(first, want) {
			t.Errorf("the first warning: want %q in %q", want, first)
		}
	}
	if !strings.Contains(second, "retry=200ms") {
		t.Errorf("the second warning: want a longer time in %q", second)
	}
	// While none lives, a connection is told why.
	for {
		proc, err := p.Take(nil)
		if err == nil { // it was still alive, or seemed so
			proc.Release()
			<-records
			continue
		}
		if !strings.Contains(err.Error(), "exit status 3: no memory") {
			t.Errorf("Take: want the filter's last words, got %v", err)
		}
		break
	}
}

func TestPoolRecovers(t *testing.T) {
	pipetest.LeavesNothing(t)
	records := make(chan string, 100)
	script := filepath.Join(t.TempDir(), "filter")
	write := func(text string) {
		t.Helper()
		// A rename: a script that is open for writing can't be executed.
		if err := os.WriteFile(script+".new", []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(script+".new", script); err != nil {
			t.Fatal(err)
		}
	}
	write("exit 1\n")
	p, err := New(Config{Programs: []Program{{Args: []string{script}}}, Size: 1, Log: slog.New(slog.NewTextHandler(&warnings{records}, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	<-records
	meeting := pipetest.NewMeeting(t)
	write("exec " + strings.Join(pipetest.Filter("hold:"+meeting.String(), "read"), " ") + "\n")
	meeting.Come() // it is ready
	// It runs before the pool knows that it does.
	proc, err := p.Take(nil)
	for begun := time.Now(); err != nil && time.Since(begun) < pipetest.Patience; proc, err = p.Take(nil) {
		time.Sleep(time.Millisecond)
	}
	if err != nil {
		t.Fatalf("Take: %v", err)
	}
	proc.Abort()
	proc.Release()
}

// A warnings is a pool's log, handed to a test.
type warnings struct{ records chan<- string }

func (w *warnings) Write(line []byte) (int, error) {
	w.records <- string(line)
	return len(line), nil
}

// What a worker says between two requests is seen at any moment, also while it is moved
// from the pipe to the tail.
func TestIsQuiet(t *testing.T) {
	stdout, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer fdio.CloseFiles(stdout, theirs)
	stderr, says, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	p := &process{stdout: stdout, stderr: stderr, worker: &workerState{answers: bufio.NewReader(stdout)}}
	var minding sync.WaitGroup
	minding.Go(func() { p.tail.readAll(stderr) })
	defer minding.Wait()
	defer fdio.CloseFiles(says)
	for range 10_000 {
		if _, err := says.WriteString("x"); err != nil {
			t.Fatal(err)
		}
		if p.isQuiet() {
			t.Fatal("the worker has said something, and is quiet")
		}
		p.tail.drain()
	}
}

// A daemon that writes without end does not keep an answer from its end.
func TestReadEndsBesideFlood(t *testing.T) {
	pipetest.LeavesNothing(t)
	meeting := pipetest.NewMeeting(t)
	s := newSupervisor(Config{})
	defer s.stop()
	p := startProcess(t, s, pipetest.Filter("write:200000", "flood:"+meeting.String()))
	defer p.Release()
	got := make([]byte, 200_000)
	if _, err := io.ReadFull(p, got); err != nil || !bytes.Equal(got, pipetest.Written(len(got))) {
		t.Errorf("what the leader wrote: want it all, got %v", err)
	}
	meeting.Come()
	if err := p.Wait(); err != nil {
		t.Errorf("the leader: %v", err)
	}
	if _, err := io.Copy(io.Discard, p); err != nil {
		t.Errorf("want the end, got %v", err)
	}
}

// startProcess has a supervisor start a process.
func startProcess(t *testing.T, s *supervisor, argv []string) *process {
	t.Helper()
	prog, err := newProgram(Program{Args: argv})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.start(prog, func(*process) {})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLookProgram(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(self)
	t.Setenv("PATH", t.TempDir())
	if got, err := lookProgram(name); err != nil || got != self {
		t.Errorf("beside this program: want %s, got %s and %v", self, got, err)
	}
	if got, err := lookProgram("no-such-filter"); err == nil {
		t.Errorf("nowhere: got %s", got)
	}
	if got, err := lookProgram("./no-such-filter"); err == nil {
		t.Errorf("a path: got %s", got)
	}
}

// newWorkerPool makes a pool with a size of 1 worker, which is closed at the end of the test.
func newWorkerPool(t *testing.T) *pool {
	t.Helper()
	f, err := New(Config{Programs: []Program{{Args: pipetest.Worker()}}, Size: 1, Reuse: 1000, StartTimeout: pipetest.Patience, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f.pools[0]
}

// Workers that are not needed any more are ended, down to the pool's size.
func TestIdleWorkersAreEnded(t *testing.T) {
	pipetest.LeavesNothing(t)
	p := newWorkerPool(t)
	var requests []Invocation
	for range 4 {
		r, err := p.take(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		requests = append(requests, r)
	}
	for _, r := range requests {
		r.(*workerRequest).stage.Store(answered)
		r.(*workerRequest).inputEnded = true
		r.Release()
	}
	p.trimIdle() // they were taken since the last time
	if n := len(p.ready); n != 4 {
		t.Errorf("want 4 workers, got %d", n)
	}
	p.trimIdle()
	if n := len(p.ready); n != 1 {
		t.Errorf("want 1 worker, got %d", n)
	}
}

// The pool may start a worker ahead while a connection that finds none starts another: the one
// that is too many is ended, too.
func TestWorkerTooManyIsEnded(t *testing.T) {
	pipetest.LeavesNothing(t)
	p := newWorkerPool(t)
	if err := p.add(); err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	n, trims := len(p.ready), p.trim != nil
	p.mu.Unlock()
	if n != 2 || !trims {
		t.Errorf("want 2 workers, of which one is to be ended; got %d, and %t", n, trims)
	}
	p.trimIdle()
	p.trimIdle()
	if n := len(p.ready); n != 1 {
		t.Errorf("want 1 worker, got %d", n)
	}
}

// A filter that does not answer the greeting in time is not a worker, and says so.
func TestSlowStart(t *testing.T) {
	pipetest.LeavesNothing(t)
	meeting := pipetest.NewMeeting(t)
	_, err := New(Config{Programs: []Program{{Args: pipetest.Filter("hold:"+meeting.String(), "read")}}, Size: 1, Reuse: 1, StartTimeout: 50 * time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, ErrNotWorker) || !errors.Is(err, ErrSlowStart) {
		t.Errorf("want %v and %v, got %v", ErrNotWorker, ErrSlowStart, err)
	}
}

// A first process that ends with status 2 without input refuses its command line, whether
// it does so at once or later. Another process, or one after a connection, may do so.
func TestCommandLine(t *testing.T) {
	pipetest.LeavesNothing(t)
	start := func(steps ...string) (*Filter, error) {
		return New(Config{Programs: []Program{{Args: pipetest.Filter(steps...)}}, Size: 1, Log: slog.New(slog.DiscardHandler)})
	}
	want := func(err error) {
		t.Helper()
		if !errors.Is(err, ErrCommandLine) || !strings.Contains(err.Error(), "exit status 2: no such option") {
			t.Errorf("want %v with the filter's words, got %v", ErrCommandLine, err)
		}
	}
	quick, err := start("say:no such option", "exit:2")
	if err == nil { // on a busy machine
		defer quick.Close()
		err = <-quick.Refused()
	}
	want(err)

	meeting := pipetest.NewMeeting(t)
	slow, err := start("meet:"+meeting.String(), "say:no such option", "exit:2")
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	meeting.Come().Close()
	want(<-slow.Refused())
	want(slow.Err())

	taken, err := start("meet:"+meeting.String(), "exit:2")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	r, err := taken.Take(nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the process that replaces it refuses its command line, too
		meeting.Come().Close()
	}
	_ = r.Wait()
	r.Release()
	select {
	case err := <-taken.Refused():
		t.Errorf("a process with a connection: got %v", err)
	default:
	}
}

// A program that ends with status 0 before it has input is no filter that can be started
// ahead.
func TestDoesNotWait(t *testing.T) {
	pipetest.LeavesNothing(t)
	records := make(chan string, 100)
	p, err := New(Config{Programs: []Program{{Args: pipetest.Filter()}}, Size: 1, Log: slog.New(slog.NewTextHandler(&warnings{records}, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if first := <-records; !strings.Contains(first, "exit status 0: "+ErrDoesNotWait.Error()) {
		t.Errorf("want %v in %q", ErrDoesNotWait, first)
	}
	if err := p.Err(); err != nil && !errors.Is(err, ErrDoesNotWait) {
		t.Errorf("want %v, got %v", ErrDoesNotWait, err)
	}
}
