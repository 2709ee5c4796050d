package main

import (
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

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

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
