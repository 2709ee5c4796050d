package main

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"netpipe": main})
}

// The scripts in testdata/script run the real program. They know these
// commands besides testscript's own:
//
//	serve NAME ARG...     starts netpipe; its address is in $NAME, the port in $NAME_PORT
//	serve-bg NAME ARG...  the same with SIGINT ignored, as a shell starts programs in the background
//	signal NAME HUP|TERM|INT|KILL
//	ended NAME STATUS     waits for the end of NAME; the log is in the file NAME.log
func TestScripts(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} {
		if signal.Ignored(sig) { // by a shell that runs the test in the background, or nohup; the servers must not inherit that
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve":    serve(false),
			"serve-bg": serve(true),
			"signal":   signalServer,
			"ended":    ended,
		},
		Setup: func(env *testscript.Env) error {
			env.Values["servers"] = map[string]*serving{}
			taken, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			env.Defer(func() { taken.Close() })
			env.Setenv("GORACE", "atexit_sleep_ms=0") // otherwise a second for each process
			env.Setenv("TAKEN", taken.Addr().String())
			return nil
		},
	})
}

// A serving is a netpipe server of a script.
type serving struct {
	cmd  *exec.Cmd
	log  strings.Builder
	done chan struct{} // closed at the end of stderr
}

var listening = regexp.MustCompile(`msg"?[=:]"?listening"?[ ,]"?addr"?[=:]"?([^\s"]+)`) // text or JSON

func serve(background bool) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) { startServer(ts, background, args) }
}

func startServer(ts *testscript.TestScript, background bool, args []string) {
	name := args[0]
	path, err := exec.LookPath("netpipe")
	ts.Check(err)
	args = append([]string{path, "-log-format", "text"}, args[1:]...)
	if background {
		args = append([]string{"sh", "-c", `trap "" INT; exec "$0" "$@"`}, args...)
	}
	s := &serving{cmd: exec.Command(args[0], args[1:]...), done: make(chan struct{})}
	s.cmd.Dir = ts.MkAbs(".")
	s.cmd.Env = append(os.Environ(), "PATH="+ts.Getenv("PATH"), "GORACE="+ts.Getenv("GORACE"))
	stderr, err := s.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	ts.Defer(func() {
		_ = s.cmd.Process.Kill()
		<-s.done
		_ = s.cmd.Wait()
	})
	at := make(chan string, 1)
	go func() {
		defer close(s.done)
		defer close(at)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			s.log.WriteString(lines.Text() + "\n")
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				at <- m[1]
			}
		}
	}()
	addr, ok := <-at
	if !ok {
		ts.Fatalf("netpipe didn't listen: %s", s.log.String())
	}
	ts.Setenv(name, addr)
	ts.Setenv(name+"_PORT", addr[strings.LastIndex(addr, ":")+1:])
	servers(ts)[name] = s
}

func signalServer(ts *testscript.TestScript, _ bool, args []string) {
	sig := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL}[args[1]]
	ts.Check(servers(ts)[args[0]].cmd.Process.Signal(sig))
}

func ended(ts *testscript.TestScript, _ bool, args []string) {
	s := servers(ts)[args[0]]
	<-s.done
	_ = s.cmd.Wait()
	if got := s.cmd.ProcessState.String(); got != strings.Join(args[1:], " ") {
		ts.Fatalf("%s: want %q, got %q; log:\n%s", args[0], strings.Join(args[1:], " "), got, s.log.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".log"), []byte(s.log.String()), 0o666))
}

func servers(ts *testscript.TestScript) map[string]*serving {
	return ts.Value("servers").(map[string]*serving)
}
