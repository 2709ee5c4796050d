package netpipe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
)

// A program is a filter's on the disk, which a test replaces.
type program struct {
	t    *testing.T
	path string
}

func newProgram(t *testing.T) program {
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("no /bin/sh")
	}
	return program{t, filepath.Join(t.TempDir(), "filter")}
}

// install puts a shell script in the place of the program, as an upgrade does. Another
// process writes it: a filter that this one starts meanwhile would have the file open for
// a moment, and a file that is being written cannot be executed.
func (p program) install(script string) {
	p.t.Helper()
	const write = `printf '#!/bin/sh\n%s\n' "$1" >"$0.new" && chmod 755 "$0.new" && mv "$0.new" "$0"`
	if out, err := exec.Command("sh", "-c", write, p.path, script).CombinedOutput(); err != nil {
		p.t.Fatalf("%v: %s", err, out)
	}
}

// After Reload each connection gets a process of the new program, and one that is at work
// its answer from the old one.
func TestReload(t *testing.T) {
	pipetest.Parallel(t)
	for _, pool := range []int{0, 1, 3} {
		t.Run(fmt.Sprintf("-pool %d", pool), func(t *testing.T) {
			pipetest.Parallel(t)
			p := newProgram(t)
			p.install("head -c 1 >/dev/null; echo; cat >/dev/null; echo old")
			s := quick()
			s.Filter, s.Pool, s.NoHold = []string{p.path}, pool, true
			server := start(t, s)
			working := connect(t, server.addr)
			send(t, working, []byte("x"))
			if _, err := io.ReadFull(working, make([]byte, 1)); err != nil { // the filter works
				t.Fatal(err)
			}
			p.install("cat >/dev/null; echo new")
			if err := s.Reload(); err != nil {
				t.Fatal(err)
			}
			for range 2 * (pool + 1) {
				answer, err := ask(t, server.addr, []byte("x"))
				wantWhole(t, answer, err, []byte("new\n"))
				server.verdict(whole)
			}
			_ = working.CloseWrite()
			answer, err := io.ReadAll(working)
			wantWhole(t, answer, err, []byte("old\n"))
			server.verdict(whole)
		})
	}
}

// The same over HTTP, also in a kept connection.
func TestHTTPReload(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	server := start(t, overHTTP("read", "meet:"+meeting.String(), "write:10"))
	client := browse(t)
	for range 3 {
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			got, err := postBy(t, client, server.addr, bytes.NewReader(pipetest.Noise(10)), nil)
			got.want(t, err, 200, pipetest.Written(10))
		}()
		atWork := meeting.Come()
		if err := server.server.Reload(); err != nil {
			t.Error(err)
		}
		atWork.Close()
		<-answered
		server.verdict(whole)
	}
}

// A worker that is at work at a Reload ends after its answer.
func TestReloadWorkers(t *testing.T) {
	pipetest.Parallel(t)
	meeting := pipetest.NewMeeting(t)
	s := quickWorkers()
	s.Pool = 2
	server := start(t, s)
	working := connect(t, server.addr)
	send(t, working, []byte("pid meet:"+meeting.String()+"\n"))
	_ = working.CloseWrite()
	atWork := meeting.Come()
	idle := pid(t, server)
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	after := pid(t, server)
	if after == idle {
		t.Error("want another worker after the reload")
	}
	atWork.Close()
	answer, err := io.ReadAll(working)
	var old int
	if _, scanErr := fmt.Sscan(string(answer), &old); err != nil || scanErr != nil {
		t.Errorf("want the answer of the worker that was at work, got %q and %v", answer, err)
	}
	server.verdict(whole)
	for range 3 {
		if now := pid(t, server); now == old || now == idle {
			t.Errorf("a worker of before the reload goes on: pid %d", now)
		}
	}
}

// A new program that cannot be started replaces nothing.
func TestReloadRefused(t *testing.T) {
	pipetest.Parallel(t)
	s := quick("copy")
	self, err := os.Executable() // a shell could open its script after it is removed
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "filter")
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	s.Filter[0], s.Pool = path, 1
	server := start(t, s)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("want %v, got %v", fs.ErrNotExist, err)
	}
	answer, err := ask(t, server.addr, []byte("x"))
	wantWhole(t, answer, err, []byte("x"))
	if err := quick("copy").Reload(); err != nil {
		t.Errorf("a server that does not run: want no error, got %v", err)
	}
}
