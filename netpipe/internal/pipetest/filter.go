package pipetest

import (
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// Filter returns a command line: this test binary as a filter that takes steps, which
// are those of PlayFilter, and exits with 0. A step "+" begins another program, which gets
// the output of the one before.
func Filter(steps ...string) (argv []string) {
	argv = []string{os.Args[0], "filter"}
	for _, step := range steps {
		if argv = append(argv, step); step == "+" {
			argv = append(argv, os.Args[0], "filter")
		}
	}
	return argv
}

// PlayFilter takes steps, and returns an exit status:
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
//	daemon:ADDR the same in another session
//	flood:ADDR  the same, and the child writes to stdout without end
//	open:N      N files at once
//	allocate:N  N bytes of memory, of which it writes none
//	obey        takes the steps on the first line of stdin
//	ignore-term
//	kill        by SIGKILL
//	exit:N
//
// A step that begins with "-" is a parameter: that of the name do is another step, and any
// other is written to stdout, as a line.
func PlayFilter(steps []string, in io.Reader, out io.Writer) int {
	for _, step := range steps {
		step = strings.TrimPrefix(step, "-do=")
		verb, arg, _ := strings.Cut(step, ":")
		if strings.HasPrefix(step, "-") {
			fmt.Fprintln(out, step)
			continue
		}
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
			_, err = io.CopyN(out, new(pattern), n)
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
				defer conn.Close() // else the garbage collector could close it
			}
		case "orphan", "daemon":
			err = startChild(verb == "daemon", "meet:"+arg)
		case "flood":
			err = startChild(true, "hold:"+arg, fmt.Sprint("write:", int64(math.MaxInt64)))
		case "open":
			err = openFiles(int(n))
		case "allocate":
			runtime.KeepAlive(make([]byte, n))
		case "obey":
			return PlayFilter(FirstLine(in), in, out)
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

// openFiles has n files open at once, and closes them.
func openFiles(n int) error {
	for range n {
		f, err := os.Open(os.DevNull)
		if err != nil {
			return err
		}
		defer f.Close()
	}
	return nil
}

// startChild starts a filter that has stdin, stdout and stderr of this one.
func startChild(inSession bool, steps ...string) error {
	command := Filter(steps...)
	child := exec.Command(command[0], command[1:]...)
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: inSession}
	return child.Start()
}

// FirstLine returns the words of the first line of in, and reads not a byte more.
func FirstLine(in io.Reader) []string {
	var line []byte
	for b := make([]byte, 1); ; line = append(line, b...) {
		if _, err := in.Read(b); err != nil || b[0] == '\n' {
			return strings.Fields(string(line))
		}
	}
}
