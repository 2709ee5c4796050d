package metrics

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	deploy    = "../../scripts/deploy/"
	rules     = deploy + "prometheus/netpipe.rules.yml"
	dashboard = deploy + "grafana/netpipe.json"
)

func TestPromtoolOfAlerts(t *testing.T) {
	promtool(t, nil, "check", "rules", rules)
	promtool(t, nil, "test", "rules", deploy+"prometheus/netpipe.rules_test.yml")
	promtool(t, nil, "check", "config", deploy+"prometheus/prometheus.yml")
}

// Each alert has a unit test in which it fires.
func TestAlertsAreTested(t *testing.T) {
	tests := read(t, deploy+"prometheus/netpipe.rules_test.yml")
	for _, m := range regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(read(t, rules), -1) {
		if !regexp.MustCompile(`alertname: ` + m[1] + `\n +exp_alerts:`).MatchString(tests) {
			t.Errorf("no unit test in which %s fires", m[1])
		}
	}
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
	promtool(t, nil, "check", "rules", "--lint=none", file)
}

// queries returns the queries of the dashboard's panels.
func queries(t *testing.T) (all []string) {
	t.Helper()
	var board struct {
		Panels []struct {
			Title, Description string
			Targets            []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, dashboard)), &board); err != nil {
		t.Fatal(err)
	}
	for _, p := range board.Panels {
		if p.Title == "" || p.Description == "" || len(p.Targets) == 0 {
			t.Errorf("a panel lacks its title, description or queries: %+v", p)
		}
		for _, target := range p.Targets {
			all = append(all, target.Expr)
		}
	}
	return all
}

// The metrics and verdicts that alerts and dashboard name are there. TestMetricsOnPage
// holds the table of OPERATING.md against the metrics.
func TestDeployedNames(t *testing.T) {
	metrics := namesOf(scrape(t))
	readme := read(t, "../README.md")
	for _, file := range []string{rules, dashboard} {
		text := read(t, file)
		names := regexp.MustCompile(`\b(?:netpipe|process)_[a-z_]+`).FindAllString(text, -1)
		if len(names) < 10 {
			t.Errorf("%s names %d metrics: is it read?", file, len(names))
		}
		for _, name := range names {
			family := regexp.MustCompile(`_seconds_(bucket|sum|count)$`).ReplaceAllString(name, "_seconds")
			if !slices.Contains(metrics, family) {
				t.Errorf("%s: there is no metric %s", file, name)
			}
		}
		for _, m := range regexp.MustCompile(`verdict[!=~]+\\?"([^"\\]+)`).FindAllStringSubmatch(text, -1) {
			for verdict := range strings.SplitSeq(m[1], "|") {
				if !strings.Contains(readme, "| `"+verdict+"` |") {
					t.Errorf("%s: there is no verdict %q", file, verdict)
				}
			}
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
