package netpipe

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestMain lets the test binary be the filters of its own tests.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "filter" {
		os.Exit(playFilter(os.Args[2:], os.Stdin, os.Stdout))
	}
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		os.Exit(playWorker())
	}
	if len(os.Args) > 1 && os.Args[1] == "server" {
		os.Exit(playServer(os.Args[2]))
	}
	// The race detector lets a process sleep for a second before its end.
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	os.Exit(m.Run())
}

// filter is a command line for a filter that takes these steps, then exits 0.
func filter(steps ...string) []string {
	return append([]string{os.Args[0], "filter"}, steps...)
}

// playFilter takes steps:
//
//	copy        stdin to stdout, to its end
//	read        stdin to its end
//	read:N      N bytes of it
//	write:N     N bytes to stdout
//	say:TEXT    to stderr
//	close-in, close-out
//	meet:ADDR   connects, and goes on when the test closes that connection
//	hold:ADDR   connects, and keeps the connection while the process lives
//	orphan:ADDR starts a child that has stdin, stdout and stderr and only holds ADDR
//	daemon:ADDR the same in a session of its own
//	obey        takes the steps on the first line of stdin
//	ignore-term
//	kill        by SIGKILL
//	exit:N
func playFilter(steps []string, in io.Reader, out io.Writer) int {
	for _, step := range steps {
		verb, arg, _ := strings.Cut(step, ":")
		n, _ := strconv.ParseInt(arg, 10, 64)
		var err error
		switch verb {
		case "copy":
			_, err = io.Copy(out, in)
		case "read":
			if arg == "" {
				_, err = io.Copy(io.Discard, in)
			} else {
				_, err = io.CopyN(io.Discard, in, n)
			}
		case "write":
			_, err = io.CopyN(out, &pattern{}, n)
		case "say":
			fmt.Fprintln(os.Stderr, arg)
		case "close-in":
			err = os.Stdin.Close()
		case "close-out":
			err = os.Stdout.Close()
		case "meet":
			var conn net.Conn
			if conn, err = net.Dial("tcp", arg); err == nil {
				_, _ = io.Copy(io.Discard, conn)
			}
		case "hold":
			var conn net.Conn
			if conn, err = net.Dial("tcp", arg); err == nil {
				defer conn.Close() // else the garbage collector closes it before
			}
		case "orphan", "daemon":
			child := exec.Command(os.Args[0], "filter", "meet:"+arg)
			child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
			child.SysProcAttr = &syscall.SysProcAttr{Setsid: verb == "daemon"}
			err = child.Start()
		case "obey":
			return playFilter(firstLine(in), in, out)
		case "ignore-term":
			signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		case "kill":
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		case "exit":
			return int(n)
		default:
			err = fmt.Errorf("no such step: %s", step)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 99
		}
	}
	return 0
}

// firstLine takes it, and not a byte more.
func firstLine(in io.Reader) []string {
	var line []byte
	for b := make([]byte, 1); ; line = append(line, b...) {
		if _, err := in.Read(b); err != nil || b[0] == '\n' {
			return strings.Fields(string(line))
		}
	}
}

// A pattern reads as bytes in which a missing or a moved piece shows.
type pattern struct{ n int }

func (p *pattern) Read(b []byte) (int, error) {
	for left := b; len(left) > 0; {
		n := copy(left, period[p.n%23:])
		left = left[n:]
		p.n += n
	}
	return len(b), nil
}

// period is long enough to be copied quickly.
var period = strings.Repeat("abcdefghijklmnopqrstuvw", 2000)
