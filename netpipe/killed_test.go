package netpipe

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// playServer runs a server, given as JSON, in a process of its own, with a log
// on stdout. NETPIPE_TEST_FILES in the environment sets the limit of open files.
func playServer(args []string) int {
	var s Server
	err := json.Unmarshal([]byte(args[0]), &s)
	if limit := os.Getenv("NETPIPE_TEST_FILES"); err == nil && limit != "" {
		var files syscall.Rlimit
		_, err = fmt.Sscan(limit, &files.Cur)
		files.Max = files.Cur
		err = errors.Join(err, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &files))
	}
	if err == nil {
		s.Log = slog.New(slog.NewTextHandler(os.Stdout, nil))
		ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer cancel()
		err = s.Serve(ctx)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// An apart is a server that runs in another process.
type apart struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  *bufio.Scanner
	addr Addr
}

// startApart starts s in another process; set may change how that is started.
func startApart(t *testing.T, s *Server, set func(*exec.Cmd)) *apart {
	t.Helper()
	pipetest.LeavesNothing(t)
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "server", string(text))
	cmd.Env = os.Environ()
	if set != nil {
		set(cmd)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); errors.Is(err, syscall.EPERM) && cmd.SysProcAttr != nil {
		t.Skipf("this machine doesn't let the test start such a process: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	a := &apart{t: t, cmd: cmd, log: bufio.NewScanner(stdout)}
	t.Cleanup(func() {
		a.kill()
		_ = cmd.Wait()
	})
	a.addr = s.Listen[0]
	a.addr.Address = strings.TrimPrefix(a.line("msg=listening", "addr"), a.addr.Network+":")
	return a
}

// line waits for a line of the log that contains want, and returns the value of key in
// that line.
func (a *apart) line(want, key string) string {
	a.t.Helper()
	var seen []string
	for a.log.Scan() {
		seen = append(seen, a.log.Text())
		if !strings.Contains(a.log.Text(), want) {
			continue
		}
		_, rest, _ := strings.Cut(a.log.Text(), key+"=")
		value, _, _ := strings.Cut(rest, " ")
		return value
	}
	a.t.Fatalf("no %s in the log: %q", want, seen)
	return ""
}

func (a *apart) kill() { _ = a.cmd.Process.Kill() }

func TestKilled(t *testing.T) {
	pipetest.Parallel(t)
	t.Run("its filters die and its client sees a reset", func(t *testing.T) {
		pipetest.Parallel(t)
		meeting := pipetest.NewMeeting(t)
		for _, read := range []string{"read", "read:1"} {
			server := startApart(t, quick(read, "hold:"+meeting.String(), "meet:"+meeting.String()), nil)
			client := connect(t, server.addr)
			send(t, client, pipetest.Noise(1000))
			_ = client.CloseWrite()
			filter := meeting.Come()
			server.kill()
			meeting.Dies(filter)
			ended(t, client)
		}
	})
	t.Run("while it sends the answer", func(t *testing.T) {
		pipetest.Parallel(t)
		server := startApart(t, quick("read", "write:30000000"), nil)
		client := connect(t, server.addr)
		send(t, client, pipetest.Noise(1000))
		_ = client.CloseWrite()
		if _, err := client.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		server.kill()
		if _, err := io.Copy(io.Discard, client); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("want %v, got %v", syscall.ECONNRESET, err)
		}
	})
	t.Run("the first of two", func(t *testing.T) {
		pipetest.Parallel(t)
		meeting := pipetest.NewMeeting(t)
		second := start(t, quick("read:1", "meet:"+meeting.String(), "read", "write:1"))
		s := quick("copy")
		s.Next = []Addr{second.addr}
		first := startApart(t, s, nil)
		client := connect(t, first.addr)
		send(t, client, pipetest.Noise(100_000))
		filter := meeting.Come()
		first.kill()
		second.verdict(clientGone)
		meeting.Dies(filter)
		ended(t, client)
	})
	t.Run("the second of two", func(t *testing.T) {
		pipetest.Parallel(t)
		meeting := pipetest.NewMeeting(t)
		second := startApart(t, quick("read", "meet:"+meeting.String()), nil)
		s := quick("copy")
		s.Next = []Addr{second.addr}
		first := start(t, s)
		client := connect(t, first.addr)
		send(t, client, pipetest.Noise(1000))
		_ = client.CloseWrite()
		filter := meeting.Come()
		second.kill()
		first.verdict(nextFailed)
		meeting.Dies(filter)
		ended(t, client)
	})
}

// With few descriptors, a connection beyond their number is refused, and none of the others
// lacks a descriptor.
func TestDescriptorLimit(t *testing.T) {
	pipetest.Parallel(t)
	const room = 3
	meeting := pipetest.NewMeeting(t)
	s := quick("read", "meet:"+meeting.String(), "write:10")
	s.Pool, s.Max = 1, 2
	server := startApart(t, s, func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, fmt.Sprintf("NETPIPE_TEST_FILES=%d", filesBesideConns(s, 1)+connFiles*room))
	})
	var clients []fdio.Socket
	for range room {
		c := connect(t, server.addr)
		send(t, c, pipetest.Noise(10))
		_ = c.CloseWrite()
		clients = append(clients, c)
	}
	waiting := meeting.Come()
	turnedAway(t, server.addr)
	server.line(`verdict=busy`, "err")
	waiting.Close()
	for range room - 1 {
		meeting.Come().Close()
	}
	for _, c := range clients {
		answer, err := io.ReadAll(c)
		wantWhole(t, answer, err, pipetest.Written(10))
	}
}

func TestDescriptorLimitTooLow(t *testing.T) {
	pipetest.Parallel(t)
	s := quick("copy")
	s.Max = 1 << 30
	if err := s.Serve(t.Context()); !errors.Is(err, ErrFileLimit) || !strings.Contains(err.Error(), "limit of open files") {
		t.Errorf("want %v, got %v", ErrFileLimit, err)
	}
}
