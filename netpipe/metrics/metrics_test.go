package metrics

import (
	"flag"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"imgpipe/netpipe"
	"imgpipe/netpipe/internal/exporttest"
)

// scrape returns what the handler of a server says that does not run, after one
// connection of each kind.
func scrape(t *testing.T) []byte {
	t.Helper()
	s := netpipe.Defaults()
	s.Next = []netpipe.Addr{{Network: "http", Address: "a:1"}, {Network: "tls", Address: "b:2"}}
	handler := Handler(&s)
	for _, r := range observed {
		s.Observe(r)
	}
	response := httptest.NewRecorder()
	handler.ServeHTTP(response, httptest.NewRequest("GET", "/metrics", nil))
	text, err := io.ReadAll(response.Body)
	if err != nil || response.Code != 200 {
		t.Fatalf("status %d, %v", response.Code, err)
	}
	return text
}

var observed = []netpipe.Result{
	{Verdict: "whole", Status: 200, In: 100, Out: 10, HasFilter: true, Queued: time.Millisecond, Filter: 20 * time.Millisecond, Total: 30 * time.Millisecond},
	{Verdict: "whole", In: 1000, Out: 20, HasFilter: true, Filter: 2 * time.Second, Total: 2 * time.Second, HasNext: true, Next: time.Second},
	{Verdict: "busy", Status: 503},
}

func TestMetricsOfResults(t *testing.T) {
	s, r := netpipe.Defaults(), prometheus.NewRegistry()
	Register(&s, r)
	for _, result := range observed {
		s.Observe(result)
	}
	want := `
# HELP netpipe_answer_bytes_total Bytes of answers of connections that have ended.
# TYPE netpipe_answer_bytes_total counter
netpipe_answer_bytes_total 30
# HELP netpipe_connections_total Connections and requests that have ended, by verdict and HTTP status.
# TYPE netpipe_connections_total counter
netpipe_connections_total{status="200",verdict="whole"} 1
netpipe_connections_total{status="503",verdict="busy"} 1
netpipe_connections_total{status="none",verdict="whole"} 1
# HELP netpipe_in_flight_limit Connections that may have a filter at once; 0 is no limit.
# TYPE netpipe_in_flight_limit gauge
netpipe_in_flight_limit 64
# HELP netpipe_input_bytes_total Bytes of input of connections that have ended.
# TYPE netpipe_input_bytes_total counter
netpipe_input_bytes_total 1100
# HELP netpipe_ready 1 if the server takes connections, as /readyz says, else 0.
# TYPE netpipe_ready gauge
netpipe_ready 0
`
	names := []string{"netpipe_answer_bytes_total", "netpipe_connections_total", "netpipe_in_flight_limit", "netpipe_input_bytes_total", "netpipe_ready"}
	s.Max = 64
	if err := testutil.GatherAndCompare(r, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
	text := string(scrape(t))
	for _, line := range []string{
		"netpipe_queue_wait_seconds_count 2", "netpipe_queue_wait_seconds_sum 0.001",
		"netpipe_filter_seconds_count 2", "netpipe_filter_seconds_sum 2.02",
		"netpipe_connection_seconds_count 2", "netpipe_connection_seconds_sum 2.03",
		"netpipe_next_hop_seconds_count 1", "netpipe_next_hop_seconds_sum 1",
		`netpipe_next_hop_in_flight{addr="http://a:1"} 0`, `netpipe_next_hop_failures_total{addr="tls:b:2"} 0`,
		`netpipe_filter_seconds_bucket{le="0.025"} 1`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
}

var update = flag.Bool("update", false, "write the golden file")

// The names, labels and texts of netpipe's metrics are those that its users know: rules and
// dashboards of their own ask for them.
func TestExposition(t *testing.T) {
	exporttest.Golden(t, "testdata/exposition.txt", scrape(t), *update)
}

func TestPromtoolCheckMetrics(t *testing.T) {
	exporttest.Promtool(t, scrape(t), "check", "metrics")
}

// TestMetricsOnPage holds the table of metrics in OPERATING.md against the metrics.
func TestMetricsOnPage(t *testing.T) { exporttest.Page(t, "../OPERATING.md", scrape(t)) }
