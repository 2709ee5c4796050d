package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
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

// patience is how long a test waits for what has to come.
const patience = time.Minute

// A meteredWorker is a process of netqueue work with a status port on a unix socket.
type meteredWorker struct {
	t      *testing.T
	cmd    *exec.Cmd
	dir    string // of the socket and the log
	client http.Client
}

// startMetered starts a worker of the queue at an address. It is killed when the test ends.
func startMetered(t *testing.T, at string, filter ...string) *meteredWorker {
	t.Helper()
	t.Setenv("GORACE", "atexit_sleep_ms=0") // otherwise a second for each process
	dir, err := os.MkdirTemp("", "status")  // the path of a unix socket has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w := &meteredWorker{t: t, dir: dir}
	w.client = http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", w.socket())
		},
	}}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	w.cmd = program(append([]string{"work", "-queue", at, "-status", "unix:" + w.socket(), "-jobs", "2", "-limit-memory", "0"}, filter...)...)
	w.cmd.Stderr = log
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = w.cmd.Process.Kill()
		_ = w.cmd.Wait()
		if t.Failed() {
			t.Logf("the log of %s:\n%s", w.cmd, w.log())
		}
	})
	return w
}

func (w *meteredWorker) socket() string { return filepath.Join(w.dir, "s") }

func (w *meteredWorker) log() string {
	text, _ := os.ReadFile(filepath.Join(w.dir, "log"))
	return string(text)
}

// ask returns the status code and the text of a path.
func (w *meteredWorker) ask(path string) (string, error) {
	response, err := w.client.Get("http://status" + path)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return fmt.Sprintf("%d %s", response.StatusCode, strings.TrimSpace(string(text))), err
}

// says waits until the answer for a path is the one that is wanted.
func (w *meteredWorker) says(path, want string) {
	w.t.Helper()
	eventually(w.t, func() error {
		if got, err := w.ask(path); got != want {
			return fmt.Errorf("%s: want %q, got %q (%v)", path, want, got, err)
		}
		return nil
	})
}

// scrape returns the metrics by their names and labels but queue, such as
// "netqueue_tries_total outcome=done". Of a histogram it has the count.
func (w *meteredWorker) scrape() map[string]float64 {
	w.t.Helper()
	var text string
	eventually(w.t, func() (err error) { // until the worker has begun
		text, err = w.ask("/metrics")
		return err
	})
	text, found := strings.CutPrefix(text, "200 ")
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text + "\n"))
	if err != nil || !found {
		w.t.Fatalf("/metrics: %v\n%s", err, text)
	}
	metrics := map[string]float64{}
	for name, family := range families {
		for _, m := range family.Metric {
			key, value := name, m.GetGauge().GetValue()+m.GetCounter().GetValue()
			if m.Histogram != nil {
				key, value = name+"_count", float64(m.Histogram.GetSampleCount())
			}
			for _, label := range m.Label {
				if label.GetName() != "queue" {
					key += " " + label.GetName() + "=" + label.GetValue()
				}
			}
			metrics[key] = value
		}
	}
	return metrics
}

// scrapeWithCounts returns the metrics when those of the queue are there: a busy machine may
// take longer than a scrape waits for them.
func (w *meteredWorker) scrapeWithCounts() (metrics map[string]float64) {
	w.t.Helper()
	eventually(w.t, func() error {
		if metrics = w.scrape(); metrics["netqueue_queue_up"] != 1 {
			return errors.New("the queue does not tell its counts")
		}
		return nil
	})
	return metrics
}

// end has the worker end.
func (w *meteredWorker) end() {
	w.t.Helper()
	_ = w.cmd.Process.Signal(syscall.SIGTERM)
	w.wait()
}

// wait waits for the worker's end. Its socket is gone then.
func (w *meteredWorker) wait() {
	w.t.Helper()
	if err := w.cmd.Wait(); err != nil {
		w.t.Errorf("the worker ends with %v", err)
	}
	if _, err := os.Stat(w.socket()); !errors.Is(err, fs.ErrNotExist) {
		w.t.Errorf("the socket is still there (%v)", err)
	}
}

// wantMetrics checks some of the metrics.
func wantMetrics(t *testing.T, metrics, want map[string]float64) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if is, there := metrics[name]; !there || is != want[name] {
			t.Errorf("%s: want %v, got %v (there: %t)", name, want[name], is, there)
		}
	}
}

// wantNoCounts checks that there are no metrics of the queue.
func wantNoCounts(t *testing.T, metrics map[string]float64) {
	t.Helper()
	for name := range metrics {
		if strings.HasPrefix(name, "netqueue_queue_") && name != "netqueue_queue_up" {
			t.Errorf("%s is there", name)
		}
	}
}

// program returns a command that runs netqueue.
func program(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Args[0] = "netqueue" // which tells the test binary what to be
	return cmd
}

// netqueue runs netqueue to its end, and returns what it has written to stdout.
func netqueue(t *testing.T, args ...string) string {
	t.Helper()
	out, err := program(args...).Output()
	if err != nil {
		t.Fatalf("netqueue %q: %v", args, err)
	}
	return string(out)
}

func writeObjects(t *testing.T, dir string, objects map[string]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for key, text := range objects {
		if err := os.WriteFile(filepath.Join(dir, key), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// eventually waits until check returns nil.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatal(err)
}
