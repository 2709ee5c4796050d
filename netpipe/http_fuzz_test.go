package netpipe

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// FuzzHTTPListener sends bytes to an HTTP listener. Each response has to be whole, as
// net/http's client reads it, unless the connection is reset. A response 200 to a POST has to
// have the body of that request, as net/http's server reads it: the filter copies.
func FuzzHTTPListener(f *testing.F) {
	const post = "POST / HTTP/1.1\r\nHost: localhost\r\n"
	for _, text := range []string{
		post + "Content-Length: 5\r\n\r\nhello",
		post + "Content-Length: 5\r\n\r\nhel",
		post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX: y\r\n\r\n",
		post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
		post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		post + "Content-Length: 1\r\nExpect: 100-continue\r\n\r\nx" + post + "Content-Length: 1\r\nConnection: close\r\n\r\ny",
		post + "Content-Length: 1\r\nContent-Encoding: gzip\r\n\r\nx",
		"POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx",
		"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"POST /?a=b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx",
		"PUT /a.jpg HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
		"GET / HTTP/1.1\nHost: localhost\n\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"\xff\xd8\xff\xe0",
	} {
		f.Add([]byte(text))
	}
	s := overHTTP()
	s.Filter, s.Pool = []string{"cat"}, 2
	server := start(f, s)
	f.Fuzz(func(t *testing.T, input []byte) {
		for len(server.records) > 0 {
			<-server.records
		}
		for len(server.requests) > 0 {
			<-server.requests
		}
		if strings.Contains(strings.ToUpper(string(input)), "HEAD") {
			t.Skip("whether the response to a HEAD has a body cannot be told from the response")
		}
		c := pipetest.Connect(t, "tcp", server.addr.Address)
		defer c.Close()
		output, err := exchange(c, bytes.NewReader(input))
		if fdio.IsTimeout(err) {
			t.Fatalf("the connection stays open, after %q", output)
		}
		judgeResponses(t, input, output, err != nil)
	})
}

// judgeResponses checks the responses to the requests in input. If the connection was reset,
// the last one may be cut off.
func judgeResponses(t *testing.T, input, output []byte, reset bool) {
	requests, responses := bufio.NewReader(bytes.NewReader(input)), bufio.NewReader(bytes.NewReader(output))
	for {
		if _, err := responses.Peek(1); err == io.EOF {
			return
		}
		response, err := http.ReadResponse(responses, nil)
		var answer []byte
		if err == nil {
			answer, err = io.ReadAll(response.Body)
		}
		switch {
		case err != nil && reset:
			return
		case err != nil:
			t.Fatalf("not a whole response: %v, in %q", err, output)
		case response.StatusCode == http.StatusContinue:
			continue
		}
		request, err := http.ReadRequest(requests)
		var body []byte
		if err == nil {
			body, err = io.ReadAll(request.Body)
		}
		if response.StatusCode != http.StatusOK {
			continue
		}
		if err != nil {
			t.Fatalf("status 200 for what is no request: %v", err)
		}
		if request.Method == http.MethodPost && !bytes.Equal(answer, body) {
			t.Fatalf("want the answer %q, got %q", body, answer)
		}
	}
}
