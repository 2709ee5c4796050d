package netpipe

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/worker"
)

func TestCheckParams(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		names []string
		err   string
	}{
		{[]string{"size", "no-enlarge", "a_b", "X9"}, ""},
		{[]string{"size", ""}, `parameter "": not the name of an option`},
		{[]string{"-size"}, "without the dash"},
		{[]string{"size=200x"}, "not the name"},
		{[]string{"größe"}, "not the name"},
		{[]string{strings.Repeat("x", 65)}, "not the name"},
		{make([]string, 65), "more than 64"},
	} {
		err := checkParams(test.names)
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%q: want %q, got %v", test.names, test.err, err)
		}
	}
}

// What a query may have at most fits into the records of a request to a worker.
func TestQueryFitsRequest(t *testing.T) {
	pipetest.Parallel(t)
	var allowed, short, long []string
	for i := range maxParams {
		name := fmt.Sprintf("%c%c", 'a'+i/26, 'a'+i%26)
		allowed, short = append(allowed, name), append(short, name)
		if i < 24 {
			long = append(long, name+"="+strings.Repeat("x", 160))
		}
	}
	for _, query := range []string{strings.Join(short, "&"), strings.Join(long, "&"), "aa=" + strings.Repeat("x", maxQuery-3)} {
		params, err := parseQuery(query, allowed)
		if n := len(worker.AppendParams(nil, 1, params)) - 2*worker.HeaderSize; err != nil || n > worker.MaxParams {
			t.Errorf("%d parameters are %d bytes, of at most %d (%v)", len(params), n, worker.MaxParams, err)
		}
	}
}

// FuzzQuery holds parseQuery against net/url: it takes no query that net/url refuses, and
// finds the same parameters in those that it takes.
func FuzzQuery(f *testing.F) {
	for _, row := range paramRows {
		f.Add(row.query)
	}
	allowed := []string{"a", "b", "do", "é"}
	f.Fuzz(func(t *testing.T, query string) {
		params, err := parseQuery(query, allowed)
		want, refused := url.ParseQuery(query)
		if err != nil {
			return
		}
		if refused != nil || len(query) > maxQuery || len(params) != len(want) {
			t.Fatalf("%q: got %q, net/url has %q and %v", query, params, want, refused)
		}
		for _, p := range params {
			isSwitch := p.Value == "true" && slices.Equal(want[p.Name], []string{""})
			if !slices.Equal(want[p.Name], []string{p.Value}) && !isSwitch || !slices.Contains(allowed, p.Name) {
				t.Errorf("%q: got %q, net/url has %q", query, p, want[p.Name])
			}
			if strings.ContainsAny(p.Value, "\x00\r\n") {
				t.Errorf("%q: got %q", query, p)
			}
		}
		if again, err := parseQuery(queryOf(params), allowed); err == nil && !slices.Equal(again, params) {
			t.Errorf("%q: in the log as %q, which is %q", params, queryOf(params), again)
		}
	})
}
