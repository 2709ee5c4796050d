package cmd_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"imgpipe/netpipe"
)

var restartConnections = flag.Int("restart-connections", 300, "how many connections of each kind TestRestart makes")

// TestRestart ends netpipe and starts it again under load, again and again, while the test
// holds the sockets, as systemd does. No connection is refused, and each gets its answer.
func TestRestart(t *testing.T) {
	raw, web := listenTCP(t), listenTCP(t)
	run := func() *server {
		s, err := newServer(activated(t, []string{"raw", "web"}, []*net.TCPListener{raw, web},
			"-listen systemd:raw -listen http://systemd:web -max-per-source 0 -log-format text cat"), 2)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := run()
	var left, failed atomic.Int64
	left.Store(int64(2 * *restartConnections))
	var clients sync.WaitGroup
	input := bytes.Repeat([]byte("image "), 2000)
	exchange := func(count *atomic.Int64, send func() ([]byte, error)) {
		for count.Add(-1) >= 0 {
			answer, err := send()
			if err != nil || !bytes.Equal(answer, input) {
				failed.Add(1)
				t.Errorf("an answer of %d bytes, want %d: %v", len(answer), len(input), err)
			}
			left.Add(-1)
		}
	}
	var raws, webs atomic.Int64
	raws.Store(int64(*restartConnections))
	webs.Store(int64(*restartConnections))
	for range 8 {
		clients.Go(func() {
			client := netpipe.Client{Addr: netpipe.Addr{Network: "tcp", Address: raw.Addr().String()}, Timeout: time.Minute}
			exchange(&raws, func() ([]byte, error) {
				var answer bytes.Buffer
				err := client.Send(context.Background(), bytes.NewReader(input), &answer)
				return answer.Bytes(), err
			})
		})
		clients.Go(func() {
			client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			exchange(&webs, func() ([]byte, error) {
				response, err := client.Post("http://"+web.Addr().String(), "", bytes.NewReader(input))
				if err != nil {
					return nil, err
				}
				defer response.Body.Close()
				answer, err := io.ReadAll(response.Body)
				if err == nil && response.StatusCode != http.StatusOK {
					err = fmt.Errorf("%s: %s", response.Status, answer)
				}
				return answer, err
			})
		})
	}
	// A restart comes after each part of the connections.
	restarts := 0
	part := max(left.Load()/20, 1)
	for next := left.Load() - part; next > 0 && failed.Load() == 0; next -= part {
		for left.Load() > next && failed.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		if log, err := s.stop(); err != nil {
			t.Fatalf("%v after SIGTERM: %s", err, log)
		}
		s = run()
		restarts++
	}
	clients.Wait()
	if log, err := s.stop(); err != nil {
		t.Errorf("%v after SIGTERM: %s", err, log)
	}
	t.Logf("%d restarts", restarts)
}

// TestPassedSockets gives netpipe sockets and names of them, right and wrong.
func TestPassedSockets(t *testing.T) {
	for _, c := range []struct {
		name    string
		sockets []string
		args    string
		want    string // in the log
		count   int    // listeners
	}{
		{"all", []string{"a", "b"}, "-listen systemd: cat", "", 2},
		{"by name", []string{"a", "b"}, "-listen http://systemd:b -listen systemd:a cat", "http://127.0.0.1", 2},
		{"one by name, and the rest", []string{"a", "b", "c"}, "-listen http://systemd:b -listen systemd: cat", "http://127.0.0.1", 3},
		{"two of one name", []string{"a", "a"}, "-listen systemd:a cat", "", 2},
		{"beside a port", []string{"a"}, "-listen systemd: -listen 127.0.0.1:0 cat", "", 2},
		{"an unknown name", []string{"a"}, "-listen systemd:b -listen systemd:a cat", "-listen systemd:b, and the sockets of systemd are a", 0},
		{"one that is not used", []string{"a", "b"}, "-listen systemd:a cat", "nothing listens on the socket b of systemd: use -listen systemd:b", 0},
		{"none is used", []string{"a"}, "cat", "nothing listens on the socket a of systemd", 0},
		{"none", nil, "-listen systemd: cat", "systemd has passed no socket", 0},
		{"to connect to", nil, "-next systemd:a cat", "only -listen takes a socket of systemd", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var sockets []*net.TCPListener
			for range c.sockets {
				sockets = append(sockets, listenTCP(t))
			}
			cmd := activated(t, c.sockets, sockets, c.args)
			if c.count == 0 {
				out, err := cmd.CombinedOutput()
				if err == nil || cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), c.want) {
					t.Errorf("%v, %q; want status 2 and %q", err, out, c.want)
				}
				return
			}
			s, err := newServer(cmd, c.count)
			if err != nil {
				t.Fatal(err)
			}
			log, err := s.stop()
			if err != nil || !strings.Contains(log, c.want) {
				t.Errorf("%v, %q; want %q", err, log, c.want)
			}
		})
	}
}

// TestSocketActivate has systemd's own program start netpipe with a unix socket and a port.
func TestSocketActivate(t *testing.T) {
	const program = "systemd-socket-activate"
	if _, err := exec.LookPath(program); err != nil {
		t.Skip("not installed")
	}
	port := listenTCP(t)
	at := port.Addr().String()
	port.Close()
	path := filepath.Join(t.TempDir(), "socket")
	cmd := exec.Command(program, "-l", at, "-l", path, "--fdname=web:raw", "-E", "PATH="+os.Getenv("PATH"),
		filepath.Join(bin, "netpipe"), "-listen", "http://systemd:web", "-listen", "systemd:raw", "-max-per-source", "0", "cat")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v\n%s", err, said.String())
		}
	}()
	// The program listens when the first client comes.
	for _, addr := range []netpipe.Addr{{Network: "unix", Address: path}, {Network: "http", Address: at}} {
		client := netpipe.Client{Addr: addr, Timeout: time.Minute}
		var answer bytes.Buffer
		deadline := time.Now().Add(time.Minute)
		for {
			err := client.Send(context.Background(), strings.NewReader("image"), &answer)
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%v\n%s", err, said.String())
			}
			time.Sleep(10 * time.Millisecond)
		}
		if answer.String() != "image" {
			t.Errorf("%s: an answer of %q", addr, answer.String())
		}
	}
}

// TestNotify plays the service manager that netpipe tells how it is.
func TestNotify(t *testing.T) {
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: filepath.Join(t.TempDir(), "notify")})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	// hear returns the next message that is not of the watchdog, or the first that is.
	hear := func(watchdog bool) string {
		t.Helper()
		_ = manager.SetReadDeadline(time.Now().Add(time.Minute))
		for {
			message := make([]byte, 1<<10)
			n, err := manager.Read(message)
			if err != nil {
				t.Fatal(err)
			}
			if text := string(message[:n]); (text == "WATCHDOG=1") == watchdog {
				return text
			}
		}
	}
	// Under nohup the test ignores SIGHUP. A program that it starts inherits that, unless the
	// test has a handler.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	cmd := exec.Command("netpipe", "-listen", "127.0.0.1:0", "-log-format", "text", "sh", "-c", "env; cat")
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+manager.LocalAddr().String(), "WATCHDOG_USEC=20000")
	s, err := newServer(cmd, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := hear(false); got != "READY=1" {
		t.Errorf("at the start: %q", got)
	}
	hear(true)
	address, err := netpipe.ParseAddr(s.address)
	if err != nil {
		t.Fatal(err)
	}
	var answer bytes.Buffer
	if err := (&netpipe.Client{Addr: address}).Send(context.Background(), strings.NewReader("x"), &answer); err != nil {
		t.Error(err)
	}
	if strings.Contains(answer.String(), "NOTIFY_SOCKET") || strings.Contains(answer.String(), "WATCHDOG") {
		t.Errorf("the filter sees %q", answer.String())
	}
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if got := hear(false); !regexp.MustCompile(`^RELOADING=1\nMONOTONIC_USEC=\d+\n?$`).MatchString(got) {
		t.Errorf("after SIGHUP: %q", got)
	}
	if got := hear(false); got != "READY=1" {
		t.Errorf("after the reload: %q", got)
	}
	if log, err := s.stop(); err != nil {
		t.Errorf("%v: %s", err, log)
	}
	if got := hear(false); got != "STOPPING=1" {
		t.Errorf("after SIGTERM: %q", got)
	}
}

// A service manager that reads none of its messages does not hold up the end.
func TestNotifyUnread(t *testing.T) {
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: filepath.Join(t.TempDir(), "notify")})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	fill(t, manager.LocalAddr().(*net.UnixAddr))
	cmd := exec.Command("netpipe", "-listen", "127.0.0.1:0", "-log-format", "text", "cat")
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+manager.LocalAddr().String(), "WATCHDOG_USEC=20000")
	s, err := newServer(cmd, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() }).Stop()
	if log, err := s.stop(); err != nil {
		t.Errorf("%v: %s", err, log)
	}
}

// fill sends messages to a socket until it takes no more.
func fill(t *testing.T, at *net.UnixAddr) {
	t.Helper()
	conn, err := net.DialUnix(at.Net, nil, at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for err == nil {
		_ = conn.SetWriteDeadline(time.Now().Add(10 * time.Millisecond))
		_, err = conn.Write([]byte("x"))
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
}

// activated returns the command of netpipe with sockets as systemd passes them. A shell
// knows its own process id, which LISTEN_PID has to be.
func activated(t *testing.T, names []string, sockets []*net.TCPListener, args string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", fmt.Sprintf("LISTEN_PID=$$ LISTEN_FDS=%d LISTEN_FDNAMES=%s exec netpipe %s", len(names), strings.Join(names, ":"), args))
	cmd.Path, cmd.Err = "/bin/sh", nil
	cmd.Args[0] = "/bin/sh"
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	for _, l := range sockets {
		file, err := l.File()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { file.Close() })
		cmd.ExtraFiles = append(cmd.ExtraFiles, file)
	}
	return cmd
}

// listenTCP returns a socket on a free port. The test takes no connections.
func listenTCP(t *testing.T) *net.TCPListener {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}
