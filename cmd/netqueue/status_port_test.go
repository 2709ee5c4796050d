package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// The metrics are what the jobs come to, and what netqueue status says.
func TestMetricsOfJobs(t *testing.T) {
	dir := t.TempDir()
	at := "embedded:" + filepath.Join(dir, "q")
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	writeObjects(t, in, map[string]string{"a": "abc", "b": "defg", "c": "bad"})
	w := startMetered(t, at, "sh", "-c", `text=$(cat); test "$text" != bad && printf %s "$text"`)
	w.says("/readyz", "200 ready") // it has the server
	netqueue(t, "add", "-queue", at, "-in", in, "-out", out)
	netqueue(t, "status", "-queue", at, "-watch")
	netqueue(t, "add", "-queue", at, "-in", in, "-out", out, "-force")
	netqueue(t, "status", "-queue", at, "-watch")
	w.says("/healthz", "200 alive")
	w.says("/", "404 404 page not found")

	metrics := w.scrapeWithCounts()
	said := fmt.Sprintf("%v added: %v done, %v failed, %v waiting, %v at work\n",
		metrics["netqueue_queue_jobs state=done"]+metrics["netqueue_queue_jobs state=failed"]+metrics["netqueue_queue_jobs state=waiting"]+metrics["netqueue_queue_jobs state=at work"],
		metrics["netqueue_queue_jobs state=done"], metrics["netqueue_queue_jobs state=failed"], metrics["netqueue_queue_jobs state=waiting"], metrics["netqueue_queue_jobs state=at work"])
	if status := netqueue(t, "status", "-queue", at); said != status {
		t.Errorf("the metrics say %q, and status %q", said, status)
	}
	want := map[string]float64{
		"netqueue_tries_total outcome=done": 4, "netqueue_try_seconds_count outcome=done": 4,
		"netqueue_tries_total outcome=failed": 2, "netqueue_try_seconds_count outcome=failed": 2,
		"netqueue_tries_total outcome=skipped": 0, "netqueue_tries_total outcome=again": 0, "netqueue_tries_total outcome=given back": 0,
		"netqueue_input_bytes_total": 14, "netqueue_result_bytes_total": 14,
		"netqueue_queue_jobs state=done": 4, "netqueue_queue_jobs state=failed": 1,
		"netqueue_queue_up": 1, "netqueue_queue_oldest_seconds": 0,
		"netqueue_ready": 1, "netqueue_connected": 1, "netqueue_reconnects_total": 0,
		"netqueue_at_work": 0, "netqueue_at_work_limit": 2,
		"netqueue_filter_ends_total how=exited": 4, "netqueue_filter_ends_total how=failed": 2,
	}
	wantMetrics(t, metrics, want)
	w.end()
}

// While the server is gone, or silent, a scrape has all metrics but those of the queue.
func TestQueueIsAwayWhileScraped(t *testing.T) {
	options, start := restartable(t)
	s := start()
	w := startMetered(t, fmt.Sprintf("nats://127.0.0.1:%d/thumbs", options.Port), "cat")
	w.says("/readyz", "200 ready")
	s.Shutdown()
	s.WaitForShutdown()
	w.says("/readyz", "503 there is no connection to the queue")
	w.says("/healthz", "200 alive")
	metrics := w.scrape()
	wantMetrics(t, metrics, map[string]float64{"netqueue_ready": 0, "netqueue_connected": 0, "netqueue_queue_up": 0, "netqueue_at_work": 0})
	wantNoCounts(t, metrics)
	s = start()
	defer s.Shutdown()
	w.says("/readyz", "200 ready")
	wantMetrics(t, w.scrapeWithCounts(), map[string]float64{"netqueue_connected": 1, "netqueue_reconnects_total": 1, "netqueue_queue_jobs state=done": 0})
	w.end()
}

// A queue that is watched may be away for longer than a request waits.
func TestServerGoesAwayWhileWatched(t *testing.T) {
	options, start := restartable(t)
	s := start()
	at := fmt.Sprintf("nats://127.0.0.1:%d/thumbs", options.Port)
	in := filepath.Join(t.TempDir(), "in")
	writeObjects(t, in, map[string]string{"a": "a"})
	netqueue(t, "add", "-queue", at, "-in", in, "-out", t.TempDir())
	watch := program("status", "-queue", at, "-watch")
	out, err := watch.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = watch.Process.Kill()
		_ = watch.Wait()
	}()
	lines := bufio.NewScanner(out)
	says := func(want string) {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == want {
				return
			}
		}
		t.Fatalf("the status ends without %q", want)
	}
	const counts = "1 added: 0 done, 0 failed, 1 waiting, 0 at work"
	says(counts)
	s.Shutdown()
	s.WaitForShutdown()
	says("the queue does not answer")
	s = start()
	defer s.Shutdown()
	says(counts)
}

// restartable returns a function that starts a server, again and again at the port that options
// have after the first time.
func restartable(t *testing.T) (options *server.Options, start func() *server.Server) {
	options = &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true}
	return options, func() *server.Server {
		t.Helper()
		s, err := server.NewServer(options)
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		if !s.ReadyForConnections(patience) {
			t.Fatal("the server does not start")
		}
		options.Port = s.Addr().(*net.TCPAddr).Port
		return s
	}
}

func TestQueueIsSilentWhileScraped(t *testing.T) {
	at := "embedded:" + filepath.Join(t.TempDir(), "q")
	first := startMetered(t, at, "cat") // has the server
	first.says("/readyz", "200 ready")
	w := startMetered(t, at, "cat")
	w.says("/readyz", "200 ready")
	_ = first.cmd.Process.Signal(syscall.SIGSTOP)
	metrics := w.scrape()
	wantMetrics(t, metrics, map[string]float64{"netqueue_queue_up": 0, "netqueue_at_work": 0})
	wantNoCounts(t, metrics)
	_ = first.cmd.Process.Signal(syscall.SIGCONT)
	w.end()
	first.end()
}

// A worker that drains is not ready, and the port is there until its last job is done.
func TestStatusPortOfDrain(t *testing.T) {
	dir := t.TempDir()
	at := "embedded:" + filepath.Join(dir, "q")
	in, out, goOn := filepath.Join(dir, "in"), filepath.Join(dir, "out"), filepath.Join(dir, "go-on")
	if err := syscall.Mkfifo(goOn, 0o600); err != nil {
		t.Fatal(err)
	}
	writeObjects(t, in, map[string]string{"a": "a"})
	netqueue(t, "add", "-queue", at, "-in", in, "-out", out)
	w := startMetered(t, at, "sh", "-c", "cat; cat "+goOn)
	eventually(t, func() error {
		if is := w.scrape()["netqueue_at_work"]; is != 1 {
			return fmt.Errorf("%v jobs at work, want 1", is)
		}
		return nil
	})
	_ = w.cmd.Process.Signal(syscall.SIGTERM)
	w.says("/readyz", "503 the worker is being stopped")
	w.says("/healthz", "200 alive")
	wantMetrics(t, w.scrape(), map[string]float64{"netqueue_ready": 0, "netqueue_connected": 1, "netqueue_at_work": 1})
	if err := os.WriteFile(goOn, []byte("b"), 0o600); err != nil { // waits for the filter
		t.Fatal(err)
	}
	w.wait()
	if text, err := os.ReadFile(filepath.Join(out, "a")); string(text) != "ab" {
		t.Errorf("the result is %q (%v)", text, err)
	}
	if log := w.log(); !strings.Contains(log, `"msg":"draining","within":"30s","at work":1}`) {
		t.Errorf("the log does not tell of the drain:\n%s", log)
	}
}

// A worker whose filter dies before it has a job is alive, and not ready.
func TestStatusWithoutFilter(t *testing.T) {
	w := startMetered(t, "embedded:"+filepath.Join(t.TempDir(), "q"), "sh", "-c", "echo no memory >&2; exit 3")
	eventually(t, func() error {
		got, err := w.ask("/readyz")
		if !strings.HasPrefix(got, "503 no filter is ready: ") || !strings.HasSuffix(got, "no memory") {
			return fmt.Errorf("/readyz: %q, %v", got, err)
		}
		return nil
	})
	w.says("/healthz", "200 alive")
	w.end()
}
