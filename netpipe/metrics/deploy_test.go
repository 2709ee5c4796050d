package metrics

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/exporttest"
)

const (
	deploy    = "../../scripts/deploy/"
	rules     = deploy + "prometheus/netpipe.rules.yml"
	dashboard = deploy + "grafana/netpipe.json"
)

func TestAlerts(t *testing.T) {
	exporttest.Alerts(t, rules, deploy+"prometheus/netpipe.rules_test.yml")
}

func TestPromtoolOfConfig(t *testing.T) {
	exporttest.Promtool(t, nil, "check", "config", deploy+"prometheus/prometheus.yml")
}

// The queries of the dashboard are PromQL.
func TestPromtoolOfDashboard(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yml")
	text := "groups:\n- name: dashboard\n  rules:\n"
	for i, query := range queries(t) {
		query = strings.NewReplacer("$__rate_interval", "5m").Replace(query)
		text += fmt.Sprintf("  - record: query:%d\n    expr: %q\n", i, query)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	exporttest.Promtool(t, nil, "check", "rules", "--lint=none", file)
}

// queries returns the queries of the dashboard's panels.
func queries(t *testing.T) (all []string) {
	t.Helper()
	var board struct {
		Panels []struct {
			Type, Title, Description string
			Targets                  []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(exporttest.Read(t, dashboard)), &board); err != nil {
		t.Fatal(err)
	}
	for _, p := range board.Panels {
		if p.Type == "row" {
			continue
		}
		if p.Title == "" || p.Description == "" || len(p.Targets) == 0 {
			t.Errorf("a panel lacks its title, description or queries: %+v", p)
		}
		for _, target := range p.Targets {
			all = append(all, target.Expr)
		}
	}
	return all
}

// The metrics that alerts and dashboard name are there, and the dashboard has all of them.
// TestMetricsOnPage holds the table of OPERATING.md against the metrics.
func TestDeployedNames(t *testing.T) {
	exporttest.Deployed(t, "netpipe", scrape(t), rules, dashboard)
}

// The verdicts that alerts and dashboard name are in the table of outcomes.
func TestDeployedVerdicts(t *testing.T) {
	readme := exporttest.Read(t, "../README.md")
	for _, file := range []string{rules, dashboard} {
		for _, m := range regexp.MustCompile(`verdict[!=~]+\\?"([^"\\]+)`).FindAllStringSubmatch(exporttest.Read(t, file), -1) {
			for verdict := range strings.SplitSeq(m[1], "|") {
				if !strings.Contains(readme, "| `"+verdict+"` |") {
					t.Errorf("%s: there is no verdict %q", file, verdict)
				}
			}
		}
	}
}
