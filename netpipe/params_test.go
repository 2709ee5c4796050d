package netpipe

import (
	"net/http"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
)

// A paramRow is the query of a request, and what comes of it. The filter allows the
// parameters a, b and do, and answers with those that it gets.
type paramRow struct {
	name    string
	query   string
	code    int
	body    string // the whole answer, or a part of the line that says why there is none
	verdict verdict
}

var paramRows = []paramRow{
	{"one", "a=1", 200, "-a=1\n", whole},
	{"two", "a=1&b=2", 200, "-a=1\n-b=2\n", whole},
	{"an encoded one", "%61=%3D%26+%2B%C3%A9", 200, "-a==& +é\n", whole},
	{"a value that looks like an option", "a=-do=exit:3", 200, "-a=-do=exit:3\n", whole},
	{"a value that looks like a path", "a=../../x", 200, "-a=../../x\n", whole},
	{"an empty value", "a=", 200, "-a=\n", whole},
	{"no value", "a", 200, "-a=true\n", whole},
	{"nothing beside it", "&&a=1&", 200, "-a=1\n", whole},
	{"as long as may be", "a=" + strings.Repeat("x", maxQuery-2), 200, "-a=" + strings.Repeat("x", maxQuery-2) + "\n", whole},
	{"longer", "a=" + strings.Repeat("x", maxQuery-1), 400, "longer than 4096 bytes", badRequest},
	{"one that is not allowed", "a=1&c=2", 400, `a query parameter is not allowed: "c"; these are: a, b, do`, badRequest},
	{"one in another case", "A=1", 400, "not allowed", badRequest},
	{"one with a dash before it", "-a=1", 400, "not allowed", badRequest},
	{"one that hides another", "a=1%26b=2&a%00=1", 400, "a control character", badRequest},
	{"the same twice", "a=1&b=2&%61=3", 400, `"a" comes twice`, badRequest},
	{"no name", "=1", 400, "without a name", badRequest},
	{"half an escape", "a=%4", 400, `invalid URL escape "%4"`, badRequest},
	{"a semicolon", "a=1;b=2", 400, `not ";"`, badRequest},
	{"a line break", "a=x%0d%0ab", 400, "a control character", badRequest},
	{"a byte 0", "a=%00", 400, "a control character", badRequest},
	{"no UTF-8", "a=%ff", 400, "no UTF-8", badRequest},
	{"the filter refuses it", "do=exit:2", 400, "refuses", badRequest},
	{"the filter fails with it", "do=exit:3", 422, "", filterFailed},
	{"the filter crashes with it", "do=kill", 500, "killed by signal 9", filterFailed},
}

// Each query is one answer or one status, from a process that is started for it and from a
// worker, and the next request has no parameters.
func TestParams(t *testing.T) {
	pipetest.Parallel(t)
	for _, row := range paramRows {
		for _, kind := range []string{"process", "worker"} {
			t.Run(row.name+"/"+kind, func(t *testing.T) {
				pipetest.Parallel(t)
				s := overHTTP("read")
				if kind == "worker" {
					s.Filter, s.Reuse = pipetest.ParamsWorker(), 1000
				}
				s.Params, s.AllowEmpty = []string{"a", "b", "do"}, true
				server := start(t, s)
				client := browse(t)
				ask := func(query string) (httpAnswer, error) {
					return postBy(t, client, server.addr, strings.NewReader("read\n"), func(r *http.Request) { r.URL.RawQuery = query })
				}
				got, err := ask(row.query)
				if row.code == 200 {
					got.want(t, err, 200, []byte(row.body))
				} else {
					got.says(t, err, row.code, row.body)
				}
				params, _ := parseQuery(row.query, s.Params)
				if r := server.verdict(row.verdict); r["params"] != queryOf(params) {
					t.Errorf("params: want %q, got %v", queryOf(params), r)
				}
				got, err = ask("")
				got.want(t, err, 200, nil)
				server.verdict(whole)
			})
		}
	}
}

// Without Server.Params no parameter is allowed, and none is passed over.
func TestParamsNotAllowed(t *testing.T) {
	pipetest.Parallel(t)
	server := start(t, overHTTP("copy"))
	got, err := post(t, server.addr, strings.NewReader("x"), func(r *http.Request) { r.URL.RawQuery = "a=1" })
	got.says(t, err, 400, `a query parameter is not allowed: "a", nor is any other`)
	server.verdict(badRequest)
}

// A next hop gets no parameters.
func TestParamsOfOneHop(t *testing.T) {
	pipetest.Parallel(t)
	for _, network := range []string{"tcp", "http"} {
		t.Run(network, func(t *testing.T) {
			pipetest.Parallel(t)
			last := quick("copy")
			last.Listen = []Addr{{Network: network, Address: "127.0.0.1:0"}}
			next := start(t, last)
			s := overHTTP("read")
			s.Params, s.Next = []string{"a"}, []Addr{next.addr}
			server := start(t, s)
			got, err := post(t, server.addr, strings.NewReader("x"), func(r *http.Request) { r.URL.RawQuery = "a=1" })
			got.want(t, err, 200, []byte("-a=1\n"))
			if r := next.verdict(whole); r["params"] != "" {
				t.Errorf("the next hop has parameters: %v", r)
			}
		})
	}
}
