package cmd_test

import (
	"bufio"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// A server is a program that prints the address of its listener on stderr.
type server struct {
	address string // of the last listener
	http    string // of the last one for HTTP
	cmd     *exec.Cmd
	log     strings.Builder // its stderr; complete after the end
	end     chan struct{}
}

// listening matches the record of a listener, as text or as JSON.
var listening = regexp.MustCompile(`msg"?[:=]"?listening"?[ ,]"?addr"?[:=]"?([^" ]+)`)

// newServer starts cmd and waits for count records of a listener. The address of the
// server is that of the last record.
func newServer(cmd *exec.Cmd, count int) (*server, error) {
	s := &server{cmd: cmd, end: make(chan struct{})}
	if path := filepath.Join(bin, cmd.Args[0]); filepath.Base(cmd.Args[0]) == cmd.Args[0] {
		s.cmd.Path, s.cmd.Err = path, nil
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	addresses := make(chan string, count)
	go func() {
		defer close(s.end)
		defer close(addresses)
		lines := bufio.NewScanner(stderr)
		for n := 0; lines.Scan(); {
			fmt.Fprintln(&s.log, lines.Text())
			if m := listening.FindStringSubmatch(lines.Text()); m != nil && n < count {
				n++
				addresses <- m[1]
			}
		}
	}()
	for range count {
		address, ok := <-addresses
		if !ok {
			<-s.end
			return nil, fmt.Errorf("%s ended before it listened (%v): %s", cmd.Path, cmd.Wait(), s.log.String())
		}
		s.address = address
		if strings.HasPrefix(address, "http://") {
			s.http = address
		}
	}
	return s, nil
}

// stop ends a server by SIGTERM and returns its stderr.
func (s *server) stop() (log string, err error) {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return "", err
	}
	<-s.end
	err = s.cmd.Wait()
	return s.log.String(), err
}

// start runs one of the programs as a server until the test ends, and returns its
// address. The server must exit with 0 after SIGTERM.
func start(t *testing.T, program string, args ...string) (address string) {
	t.Helper()
	s, err := newServer(exec.Command(program, args...), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if log, err := s.stop(); err != nil {
			t.Errorf("%s: %v after SIGTERM: %s", program, err, log)
		}
	})
	return s.address
}
