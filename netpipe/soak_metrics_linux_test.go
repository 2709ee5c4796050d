package netpipe

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"imgpipe/netpipe/internal/pipetest"
)

// TestSoakOfMetrics plays the soak with two processes of the program. In the end their
// metrics have to be what their logs add up to.
func TestSoakOfMetrics(t *testing.T) {
	pipetest.Parallel(t)
	program := buildNetpipe(t)
	second := startMetered(t, program, slices.Concat([]string{"-reuse", "20"}, pipetest.Worker()))
	first := startMetered(t, program, slices.Concat([]string{"-listen", "http://127.0.0.1:0", "-next", second.at[0].Address}, pipetest.Filter("obey")))
	servers := []*meteredServer{first, second}
	run := &soak{t: t, at: first.at, count: *soakCount, seed: seed(t), tick: func(int) {}}
	run.reload = func() { hangUp(t, first.cmd, second.cmd) }
	run.play()
	for _, s := range servers {
		pipetest.Eventually(t, s.difference)
		s.end()
	}
}

// A meteredServer is a process of netpipe with a status port, whose log is a file.
type meteredServer struct {
	t      *testing.T
	cmd    *exec.Cmd
	log    string
	status Addr
	at     []Addr
}

// startMetered starts netpipe on a port, and on those in args.
func startMetered(t *testing.T, program string, args []string) *meteredServer {
	t.Helper()
	dir, err := os.MkdirTemp("", "metered") // the path of a unix socket has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &meteredServer{t: t, log: filepath.Join(dir, "log"), status: Addr{Network: "unix", Address: filepath.Join(dir, "status")}}
	log, err := os.Create(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.cmd = exec.Command(program, slices.Concat([]string{"-limit-memory", "0", "-env", "GORACE", "-max", "16", "-pool", "2", "-log-format", "json",
		"-timeout", "10m", "-idle-timeout", "10m", "-queue-timeout", "10m", "-listen", "127.0.0.1:0", "-status", s.status.String()}, args)...)
	s.cmd.Stderr = log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	listeners := strings.Count(strings.Join(s.cmd.Args, " "), "-listen ")
	pipetest.Eventually(t, func() error {
		if s.at = s.listensOn(); len(s.at) < listeners {
			return errors.New("netpipe does not listen")
		}
		return nil
	})
	return s
}

// A logRecord is what a record of the log in JSON says.
type logRecord struct {
	Msg, Addr, Verdict          string
	HTTP                        int
	In, Out                     float64
	Queued, Filter, Next, Total string
}

// records returns the records of the log.
func (s *meteredServer) records() (all []logRecord) {
	s.t.Helper()
	file, err := os.Open(s.log)
	if err != nil {
		s.t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var r logRecord
		if json.Unmarshal(lines.Bytes(), &r) == nil { // the last line may not be complete
			all = append(all, r)
		}
	}
	return all
}

func (s *meteredServer) listensOn() (all []Addr) {
	for _, r := range s.records() {
		if r.Msg == "listening" {
			at, err := ParseAddr(r.Addr)
			if err != nil {
				s.t.Fatal(err)
			}
			all = append(all, at)
		}
	}
	return all
}

// logged returns the metrics that the records of the log add up to.
func (s *meteredServer) logged() map[string]float64 {
	sum := map[string]float64{"netpipe_input_bytes_total": 0, "netpipe_answer_bytes_total": 0}
	for _, r := range s.records() {
		if r.Msg != "connection" {
			continue
		}
		status := "none"
		if r.HTTP != 0 {
			status = strconv.Itoa(r.HTTP)
		}
		sum[fmt.Sprintf("netpipe_connections_total{status=%q,verdict=%q}", status, r.Verdict)]++
		sum["netpipe_input_bytes_total"] += r.In
		sum["netpipe_answer_bytes_total"] += r.Out
		for name, text := range map[string]string{"queue_wait": r.Queued, "filter": r.Filter, "next_hop": r.Next, "connection": r.Total} {
			took, err := time.ParseDuration(text)
			if err != nil { // there is no such time in the record
				continue
			}
			sum["netpipe_"+name+"_seconds_count"]++
			sum["netpipe_"+name+"_seconds_sum"] += took.Seconds()
		}
	}
	return sum
}

// scraped returns the metrics that the status port has.
func (s *meteredServer) scraped() map[string]float64 {
	s.t.Helper()
	text, found := strings.CutPrefix(asked(s.t, s.status, "/metrics"), fmt.Sprint(http.StatusOK, " "))
	if !found {
		s.t.Fatalf("/metrics: %s", text)
	}
	metrics := map[string]float64{}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		space := strings.LastIndex(line, " ")
		value, err := strconv.ParseFloat(strings.TrimSpace(line[space:]), 64)
		if err != nil {
			s.t.Fatalf("/metrics: %s: %v", line, err)
		}
		metrics[line[:space]] = value
	}
	return metrics
}

// difference returns an error if the metrics differ from the log, or from a server at rest.
func (s *meteredServer) difference() error {
	is, want := s.scraped(), s.logged()
	want["netpipe_ready"], want["netpipe_in_flight"], want["netpipe_queue_length"], want["netpipe_held_bytes"] = 1, 0, 0, 0
	want[`netpipe_filter_processes{state="working"}`] = 0
	want["netpipe_filter_starts_total"] = is[`netpipe_filter_processes{state="ready"}`]
	var different []string
	for name, value := range is {
		switch {
		case strings.HasPrefix(name, `netpipe_filter_ends_total{`):
			want["netpipe_filter_starts_total"] += value
		case strings.HasPrefix(name, `netpipe_connections_total{`) && !strings.Contains(name, `verdict="probe"`) && want[name] == 0 && value > 0: // a probe has a record at level DEBUG alone
			different = append(different, fmt.Sprintf("%s: %v, and none in the log", name, value))
		}
	}
	for name, value := range want {
		if math.Abs(is[name]-value) > 1e-9*value { // the sum of seconds is rounded
			different = append(different, fmt.Sprintf("%s: %v, in the log %v", name, is[name], value))
		}
	}
	if different == nil {
		return nil
	}
	slices.Sort(different)
	return errors.New(strings.Join(different, "\n"))
}

// end ends the server by SIGTERM.
func (s *meteredServer) end() {
	s.t.Helper()
	timer := time.AfterFunc(pipetest.Patience, func() { _ = s.cmd.Process.Kill() })
	defer timer.Stop()
	if err := errors.Join(s.cmd.Process.Signal(syscall.SIGTERM), s.cmd.Wait()); err != nil {
		s.t.Error(err)
	}
}
