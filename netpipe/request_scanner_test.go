package netpipe

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// FuzzRequestScanner: the scanner finds the same, in any pieces that the bytes come in, and
// follows net/http: each request that net/http reads before a fault has a head that ends
// where the scanner says.
func FuzzRequestScanner(f *testing.F) {
	for _, text := range []string{
		"GET / HTTP/1.1\nHost: a\n\nGET /healthz HTTP/1.0\n\n",
		"POST / HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello\n\nPOST / HTTP/1.1\nHost: a\nContent-Length: 1\n\nx",
		"POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5;a=b\nhello\n00\nX: y\n\nGET / HTTP/1.1\nHost: a\n\n",
		"POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nContent-Length: 5\n\n0\n\n",
		"POST / HTTP/1.1\nHost: a\nX: y\n z\n\n",
		"GIF89a",
	} {
		f.Add([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var whole, pieces requestScanner
		n, fault := whole.scan(b)
		var ends []int // of heads
		for i := range b {
			before := pieces.inLines
			if _, err := pieces.scan(b[i : i+1]); err != nil {
				if fault == nil || err.Error() != fault.Error() || i < n {
					t.Fatalf("a fault at byte %d, %v; at once at %d, %v", i, err, n, fault)
				}
				break
			}
			if before && !pieces.inLines {
				ends = append(ends, i+1)
			}
		}
		if fault == nil && pieces.state != whole.state {
			t.Fatalf("state %d in pieces, %d at once", pieces.state, whole.state)
		}
		rest := bytes.NewReader(b[:n])
		in := bufio.NewReader(rest)
		for {
			for peek, _ := in.Peek(1); len(peek) == 1 && (peek[0] == '\r' || peek[0] == '\n'); peek, _ = in.Peek(1) {
				_, _ = in.Discard(1) // as net/http's server does
			}
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if end := n - rest.Len() - in.Buffered(); !slices.Contains(ends, end) {
				t.Fatalf("net/http finds the end of a head at %d, the scanner at %v of %q", end, ends, b)
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return
			}
		}
	})
}

// What has no bearing on a head's end does not change what is read of it.
func TestRequestScannerPassesAll(t *testing.T) {
	text := "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("\n \x00", 333_334)
	text = text[:len(text)-2]
	var s requestScanner
	if n, err := s.scan([]byte(text)); n != len(text) || err != nil || s.state != inHead {
		t.Errorf("want all %d bytes, got %d and %v, state %d", len(text), n, err, s.state)
	}
}
