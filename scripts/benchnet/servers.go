package main

import (
	"context"
	"errors"
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

// Running is a contender at work.
type running struct {
	*servers
	*contender
	target   string
	exchange load.Exchange
}

// Servers are the processes of one contender.
type servers struct {
	*bench
	ctx     context.Context
	quality string // that is asked of peers, as the IJG counts it
	cmds    []*exec.Cmd
}

// NotThere is the error of a contender that can't run here.
type notThere struct{ why string }

func (e *notThere) Error() string { return e.why }

func asSkip(err error, to *notThere) bool {
	e := new(notThere)
	if errors.As(err, &e) {
		*to = *e
		return true
	}
	return false
}

// start starts a contender's servers and checks its first answer.
func (b *bench) start(ctx context.Context, c *contender, work string, in *input) (*running, error) {
	r := &running{servers: &servers{bench: b, ctx: ctx, quality: strconv.Itoa(in.Quality)}, contender: c}
	var err error
	if r.target, err = c.start(r.servers); err != nil {
		r.end()
		return nil, err
	}
	first, err := load.Send(ctx, r.target, in.data)
	if err == nil {
		err = in.check(work, first)
	}
	r.exchange = load.Exchange{Input: in.data, Want: first}
	if err == nil { // all of a pool's processes are there after this
		err = (&load.Load{Target: r.target, Clients: 4, Requests: 4, Exchanges: []load.Exchange{r.exchange}}).Run(ctx).Err
	}
	if err != nil {
		r.end()
		return nil, err
	}
	return r, nil
}

func (s *servers) pids() (pids []int) {
	for _, cmd := range s.cmds {
		pids = append(pids, cmd.Process.Pid)
	}
	return pids
}

// end ends the servers and what they have started.
func (s *servers) end() {
	for _, cmd := range s.cmds {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
	}
	for _, cmd := range s.cmds {
		kill := time.AfterFunc(2*time.Second, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		_ = cmd.Wait()
		kill.Stop()
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it has left
	}
}

// path finds a program: ours, or in PATH.
func (s *servers) path(name string) (string, error) {
	if ours := filepath.Join(s.bin, name); name == filepath.Base(name) {
		if _, err := os.Stat(ours); err == nil {
			return ours, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", &notThere{name + " isn't installed"}
	}
	return path, nil
}

// launch starts a program in a group of its own. What it says is in the file.
func (s *servers) launch(name string, args ...string) (says string, err error) {
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

// say starts a program that says where it listens, and gives what the first group
// in pattern matches.
func (s *servers) say(pattern *regexp.Regexp, name string, args ...string) (string, error) {
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
	return "", fmt.Errorf("%s doesn't say where it listens: %s", name, text)
}

// onPort starts a program that must be told on which port to listen, and waits
// until it does.
func (s *servers) onPort(name string, args func(port string) []string) (addr string, err error) {
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
	return "", fmt.Errorf("%s doesn't listen: %s", name, text)
}

// pause is between two looks at a program that starts.
func (s *servers) pause() error {
	select {
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	case <-time.After(10 * time.Millisecond):
		return nil
	}
}
