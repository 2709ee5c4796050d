package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"imgpipe/scripts/bench/load"
)

// An activeContender is a contender with its servers running.
type activeContender struct {
	*serverGroup
	*contender
	target   string        // address of its first server
	exchange load.Exchange // the input and the first answer
}

// A serverGroup holds the server processes of one contender.
type serverGroup struct {
	*bench
	ctx     context.Context
	quality string // IJG quality that peers write
	cmds    []*exec.Cmd
}

// An unavailable is the error for a contender that cannot run here, with the reason.
type unavailable struct{ why string }

func (e *unavailable) Error() string { return e.why }

// start starts the servers of a contender, checks the first answer and warms up.
func (b *bench) start(ctx context.Context, c *contender, work string, in *input) (*activeContender, error) {
	r := &activeContender{serverGroup: &serverGroup{bench: b, ctx: ctx, quality: strconv.Itoa(in.Quality)}, contender: c}
	var err error
	if r.target, err = c.start(r.serverGroup); err != nil {
		r.end()
		return nil, err
	}
	first, err := r.load(1).Send(ctx, in.data)
	if err == nil {
		err = in.check(work, first)
	}
	r.exchange = load.Exchange{Input: in.data, Want: first}
	if err == nil { // after this all processes of a pool run
		l := r.load(4)
		l.Requests = 4
		err = l.Run(ctx).Err
	}
	if err != nil {
		r.end()
		return nil, err
	}
	return r, nil
}

// load returns a load of so many clients, without a limit.
func (r *activeContender) load(clients int) *load.Load {
	return &load.Load{Target: r.target, TLS: r.certificate.client, Fresh: r.fresh, Clients: clients, Exchanges: []load.Exchange{r.exchange}}
}

// pids returns the ids of the processes started directly.
func (s *serverGroup) pids() (pids []int) {
	for _, cmd := range s.cmds {
		pids = append(pids, cmd.Process.Pid)
	}
	return pids
}

// end stops the servers and all processes that they started.
func (s *serverGroup) end() {
	for _, cmd := range s.cmds {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
	}
	for _, cmd := range s.cmds {
		kill := time.AfterFunc(2*time.Second, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		_ = cmd.Wait()
		kill.Stop()
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // processes left in its group
	}
}

// path returns the path of a program: one of ours, or one in PATH.
func (s *serverGroup) path(name string) (string, error) {
	if ours := filepath.Join(s.bin, name); name == filepath.Base(name) {
		if _, err := os.Stat(ours); err == nil {
			return ours, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", &unavailable{name + " is not installed"}
	}
	return path, nil
}

// launch starts a program in a process group of its own. It returns the name of the file
// with the program's stdout and stderr.
func (s *serverGroup) launch(name string, args ...string) (output string, err error) {
	path, err := s.path(name)
	if err != nil {
		return "", err
	}
	out, err := os.CreateTemp(s.tmp, filepath.Base(name))
	if err != nil {
		return "", err
	}
	defer out.Close()
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	s.cmds = append(s.cmds, cmd)
	return out.Name(), nil
}

// startAndScan starts a program that prints where it listens. It returns the text that
// the first group of pattern matches in the program's output.
func (s *serverGroup) startAndScan(pattern *regexp.Regexp, name string, args ...string) (string, error) {
	file, err := s.launch(name, args...)
	if err != nil {
		return "", err
	}
	for range 1000 {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		if m := pattern.FindSubmatch(text); m != nil {
			return string(m[1]), nil
		}
		if err := s.pause(); err != nil {
			return "", err
		}
	}
	text, _ := os.ReadFile(file)
	return "", fmt.Errorf("%s did not print where it listens: %s", name, text)
}

// onPort starts a program that takes its port as an argument, and waits until the program
// listens.
func (s *serverGroup) onPort(name string, args func(port string) []string) (addr string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	addr = l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(addr)
	file, err := s.launch(name, args(port)...)
	if err != nil {
		return "", err
	}
	for range 1000 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return addr, nil
		}
		if err := s.pause(); err != nil {
			return "", err
		}
	}
	text, _ := os.ReadFile(file)
	return "", fmt.Errorf("%s does not listen: %s", name, text)
}

// pause waits 10 ms, or until the context ends.
func (s *serverGroup) pause() error {
	select {
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	case <-time.After(10 * time.Millisecond):
		return nil
	}
}
