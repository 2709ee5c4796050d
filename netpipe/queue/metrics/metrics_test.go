package metrics

import (
	"bytes"
	"flag"
	"io"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"imgpipe/netpipe"
	"imgpipe/netpipe/internal/exporttest"
	"imgpipe/netpipe/queue"
)

const (
	deploy    = "../../../scripts/deploy/"
	rules     = deploy + "prometheus/netqueue.rules.yml"
	dashboard = deploy + "grafana/netpipe.json"
)

var update = flag.Bool("update", false, "write the golden file")

// scrape returns what the handler of a worker says that does not run, after one try.
func scrape(t *testing.T) []byte {
	t.Helper()
	q, err := queue.Connect(t.Context(), queue.Config{Address: queue.Address{Dir: t.TempDir(), Name: "thumbs"}, Make: true})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	config := netpipe.Defaults()
	config.Filter, config.Pool = []string{"cat"}, 1
	filter, err := netpipe.NewRunner(&config)
	if err != nil {
		t.Fatal(err)
	}
	defer filter.Close()
	w := &queue.Worker{Queue: q, Filter: filter, Jobs: 2}
	handler := Handler(w)
	w.Observe(queue.Result{Outcome: queue.Done, In: 100, Out: 10, Total: 20 * time.Millisecond})
	var text []byte
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(askPause / 100) {
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, httptest.NewRequest("GET", "/metrics", nil))
		if text, err = io.ReadAll(response.Body); err != nil || response.Code != 200 {
			t.Fatalf("status %d, %v", response.Code, err)
		}
		if bytes.Contains(text, []byte("\nnetqueue_queue_up{queue=\"thumbs\"} 1\n")) {
			break // a busy machine may take longer than a scrape waits for the counts
		}
	}
	for _, line := range []string{
		`netqueue_tries_total{outcome="done",queue="thumbs"} 1`,
		`netqueue_try_seconds_bucket{outcome="done",queue="thumbs",le="0.025"} 1`,
		`netqueue_try_seconds_sum{outcome="done",queue="thumbs"} 0.02`,
		`netqueue_input_bytes_total{queue="thumbs"} 100`,
		`netqueue_result_bytes_total{queue="thumbs"} 10`,
		`netqueue_ready{queue="thumbs"} 0`,
		`netqueue_connected{queue="thumbs"} 1`,
		`netqueue_at_work_limit{queue="thumbs"} 2`,
	} {
		if !strings.Contains(string(text), "\n"+line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
	return text
}

// The names, labels and texts of the metrics are those that users know, the metrics are as
// Prometheus wants them, and the page, the alerts and the dashboard name what is there.
func TestMetrics(t *testing.T) {
	scraped := scrape(t)
	t.Run("exposition", func(t *testing.T) { exporttest.Golden(t, "testdata/exposition.txt", scraped, *update) })
	t.Run("promtool", func(t *testing.T) { exporttest.Promtool(t, scraped, "check", "metrics") })
	t.Run("page", func(t *testing.T) { exporttest.Page(t, "../../../cmd/netqueue/README.md", scraped) })
	t.Run("deployed", func(t *testing.T) { exporttest.Deployed(t, "netqueue", scraped, rules, dashboard) })
}

func TestAlerts(t *testing.T) {
	exporttest.Alerts(t, rules, deploy+"prometheus/netqueue.rules_test.yml")
}

// The outcomes that alerts and dashboard name are there.
func TestDeployedOutcomes(t *testing.T) {
	for _, file := range []string{rules, dashboard} {
		matches := regexp.MustCompile(`outcome[!=~]+\\?"([^"\\]+)`).FindAllStringSubmatch(exporttest.Read(t, file), -1)
		if len(matches) == 0 {
			t.Errorf("%s names no outcome: is it read?", file)
		}
		for _, m := range matches {
			for outcome := range strings.SplitSeq(m[1], "|") {
				if !slices.Contains(queue.Outcomes, queue.Outcome(outcome)) {
					t.Errorf("%s: there is no outcome %q", file, outcome)
				}
			}
		}
	}
}
