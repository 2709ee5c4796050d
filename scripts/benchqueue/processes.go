package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"

	"imgpipe/scripts/bench/proctree"
)

// A natsServer is a process of this program.
type natsServer struct {
	process       *exec.Cmd
	addr, monitor string
}

func startNATS(dir string) (*natsServer, error) {
	s := &natsServer{process: exec.Command(os.Args[0], "serve", dir)}
	stdout, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	if _, err := fmt.Fscan(stdout, &s.addr, &s.monitor); err != nil {
		s.stop()
		return nil, fmt.Errorf("the server does not start: %w", err)
	}
	return s, nil
}

func (s *natsServer) stop() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
}

// messages returns how many messages have come to the server and have left it.
func (s *natsServer) messages() (int64, error) {
	response, err := http.Get("http://" + s.monitor + "/varz")
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	var state struct {
		In  int64 `json:"in_msgs"`
		Out int64 `json:"out_msgs"`
	}
	err = json.NewDecoder(response.Body).Decode(&state)
	return state.In + state.Out, err
}

// A measurement is of a program that has filtered a number of inputs.
type measurement struct {
	wall     time.Duration
	cpu      time.Duration // of the program, its filters and the NATS server
	messages int64         // to the server and from it
	ended    []time.Time   // of netqueue: when each job has ended
}

// work runs netqueue work until n jobs are done.
func work(s *natsServer, n int, args ...string) (m measurement, err error) {
	before, err := s.messages()
	if err != nil {
		return m, err
	}
	used, err := proctree.Used(s.process.Process.Pid)
	if err != nil {
		return m, err
	}
	cmd := exec.Command("netqueue", append([]string{"work", "-log-format", "json"}, args...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return m, err
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return m, err
	}
	m.ended, err = jobsDone(stderr, n)
	m.wall = time.Since(begun)
	if err == nil {
		var now int64
		now, err = s.messages()
		m.messages = now - before
	}
	_ = cmd.Process.Signal(os.Interrupt)
	go func() { _, _ = io.Copy(io.Discard, stderr) }()
	if err := errors.Join(err, cmd.Wait()); err != nil {
		return m, err
	}
	after, err := proctree.Used(s.process.Process.Pid)
	m.cpu = after.Sub(used).Add(proctree.Ended(cmd.ProcessState)).CPU()
	return m, err
}

// jobsDone reads the log of netqueue work until n jobs are done, and returns when.
func jobsDone(log io.Reader, n int) (ended []time.Time, err error) {
	lines := bufio.NewScanner(log)
	for len(ended) < n && lines.Scan() {
		var record struct {
			Time    time.Time `json:"time"`
			Outcome string    `json:"outcome"`
		}
		if !bytes.Contains(lines.Bytes(), []byte(`"outcome"`)) {
			continue
		}
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			return nil, err
		}
		if record.Outcome != "done" {
			return nil, fmt.Errorf("netqueue: %s", lines.Bytes())
		}
		ended = append(ended, record.Time)
	}
	if len(ended) < n {
		return nil, fmt.Errorf("netqueue work ended after %d jobs: %w", len(ended), lines.Err())
	}
	return ended, nil
}

// measure runs a program to its end.
func measure(name string, args ...string) (m measurement, err error) {
	cmd := exec.Command(name, args...)
	begun := time.Now()
	out, err := cmd.CombinedOutput()
	m.wall = time.Since(begun)
	if err != nil {
		return m, fmt.Errorf("%s: %w: %s", name, err, out)
	}
	m.cpu = proctree.Ended(cmd.ProcessState).CPU()
	return m, nil
}
