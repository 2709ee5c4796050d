package netpipe

import (
	"bufio"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestPoolIsKeptFull(t *testing.T) {
	leavesNothing(t)
	meeting := newMeeting(t)
	p, err := newPool(&Server{Filter: filter("hold:"+meeting.String(), "read"), Pool: 3}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for range 3 {
		meeting.come()
	}
	proc, err := p.take()
	if err != nil {
		t.Fatal(err)
	}
	meeting.come() // the one that replaces it
	proc.abort()
	proc.free()
}

func TestPoolBacksOff(t *testing.T) {
	leavesNothing(t)
	records := make(chan string, 100)
	p, err := newPool(&Server{Filter: filter("say:bad flag", "exit:2"), Pool: 4}, slog.New(slog.NewTextHandler(&failures{records}, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	first, second := <-records, <-records
	for _, want := range []string{"exit status 2: bad flag", "retry=100ms"} {
		if !strings.Contains(first, want) {
			t.Errorf("the first warning: want %q in %q", want, first)
		}
	}
	if !strings.Contains(second, "retry=200ms") {
		t.Errorf("the second warning: want a longer time in %q", second)
	}
	// While none lives, a connection is told why.
	for {
		proc, err := p.take()
		if err == nil { // it was still alive, or seemed so
			proc.free()
			<-records
			continue
		}
		if !strings.Contains(err.Error(), "exit status 2: bad flag") {
			t.Errorf("take: want the filter's last words, got %v", err)
		}
		break
	}
}

func TestPoolRecovers(t *testing.T) {
	leavesNothing(t)
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
	p, err := newPool(&Server{Filter: []string{script}, Pool: 1}, slog.New(slog.NewTextHandler(&failures{records}, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	<-records
	meeting := newMeeting(t)
	write("exec " + strings.Join(filter("hold:"+meeting.String(), "read"), " ") + "\n")
	meeting.come() // it is ready
	// It runs before the pool knows that it does.
	proc, err := p.take()
	for begun := time.Now(); err != nil && time.Since(begun) < patience; proc, err = p.take() {
		time.Sleep(time.Millisecond)
	}
	if err != nil {
		t.Fatalf("take: %v", err)
	}
	proc.abort()
	proc.free()
}

// Failures hands the warnings of a pool to a test.
type failures struct{ records chan<- string }

func (f *failures) Write(line []byte) (int, error) {
	f.records <- string(line)
	return len(line), nil
}

// What a worker says between two requests is seen at any moment, also while it is
// on its way from the pipe to the tail.
func TestIsSilent(t *testing.T) {
	stdout, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer closeFiles(stdout, theirs)
	stderr, says, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	p := &process{stdout: stdout, stderr: stderr, workshop: &workshop{answers: bufio.NewReader(stdout)}}
	var minding sync.WaitGroup
	minding.Go(func() { p.tail.readFrom(stderr) })
	defer minding.Wait()
	defer closeFiles(says)
	for range 10_000 {
		if _, err := says.WriteString("x"); err != nil {
			t.Fatal(err)
		}
		if p.isSilent() {
			t.Fatal("it has said something, and is silent")
		}
		p.tail.take()
	}
}

func TestLookFilter(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(self)
	t.Setenv("PATH", t.TempDir())
	if got, err := lookFilter(name); err != nil || got != self {
		t.Errorf("beside this program: want %s, got %s and %v", self, got, err)
	}
	if got, err := lookFilter("no-such-filter"); err == nil {
		t.Errorf("nowhere: got %s", got)
	}
	if got, err := lookFilter("./no-such-filter"); err == nil {
		t.Errorf("a path: got %s", got)
	}
}
