package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"imgpipe/netpipe"
)

const patience = time.Minute

// A server whose log is not read, or has nowhere to go, serves on, and ends when told to.
func TestLogReader(t *testing.T) {
	for _, test := range []struct {
		name   string
		reader func(*os.File) // what becomes of the log after the first record
		drain  string
		end    string
	}{
		{"goes away", func(r *os.File) { r.Close() }, "1m", "exit status 0"},
		{"goes away, a connection is cut off", func(r *os.File) { r.Close() }, "0", "exit status 1"},
		{"stalls", func(*os.File) {}, "1m", "exit status 0"},
		{"stalls, a connection is cut off", func(*os.File) {}, "0", "exit status 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			at, log, server := startWithLog(t, "-listen", "127.0.0.1:0", "-log-format", "text", "-no-hold", "-drain", test.drain, "cat")
			test.reader(log)
			client := &netpipe.Client{Addr: at}
			for range 50 { // whose records do not fit into the pipe
				var out bytes.Buffer
				if err := client.Send(t.Context(), bytes.NewReader([]byte("hello")), &out); err != nil || out.String() != "hello" {
					t.Fatalf("want the answer, got %q and %v", out.Bytes(), err)
				}
			}
			if test.drain == "0" {
				conn, err := net.Dial("tcp", at.Address)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if _, err := conn.Write([]byte("x")); err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil { // it has begun
					t.Fatal(err)
				}
			}
			if err := server.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(patience, func() { _ = server.Process.Kill() })
			defer timer.Stop()
			_ = server.Wait()
			if got := server.ProcessState.String(); got != test.end {
				t.Errorf("want %s, got %s", test.end, got)
			}
		})
	}
}

// startWithLog starts netpipe with a small pipe as stderr, and returns its address and the
// pipe, which has been read up to the record of the address.
func startWithLog(t *testing.T, args ...string) (at netpipe.Addr, log *os.File, server *exec.Cmd) {
	t.Helper()
	path, err := exec.LookPath("netpipe")
	if err != nil {
		t.Fatal(err)
	}
	log, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	t.Cleanup(func() { log.Close() })
	if _, err := unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, 4<<10); err != nil {
		t.Fatal(err)
	}
	server = exec.Command(path, args...)
	server.Stderr = w
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill() })
	var read []byte
	m := listening.FindSubmatch(read)
	for buf := make([]byte, 4<<10); m == nil; m = listening.FindSubmatch(read) {
		n, err := log.Read(buf)
		if err != nil {
			t.Fatalf("netpipe does not listen: %q and %v", read, err)
		}
		read = append(read, buf[:n]...)
	}
	if at, err = netpipe.ParseAddr(string(m[1])); err != nil {
		t.Fatal(err)
	}
	return at, log, server
}
