package netpipe

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// notHTTP are inputs of raw clients: what net/http would wait for the rest of, and what it
// would answer by itself.
var notHTTP = map[string][]byte{
	"a JPEG":          append([]byte("\xff\xd8\xff\xe0"), pipetest.Noise(5000)...),
	"a large one":     append([]byte("\xff\xd8\xff\xe0"), pipetest.Noise(3_000_000)...),
	"a GIF":           append([]byte("GIF89a"), pipetest.Noise(5000)...),
	"a PPM":           append([]byte("P6\n100 16\n255\n"), pipetest.Noise(4800)...),
	"a short word":    []byte("GIF"),
	"a long word":     bytes.Repeat([]byte("x"), 100_000),
	"a line of text":  []byte("hello, this is no request\n"),
	"lines of text":   bytes.Repeat([]byte("one two three\n"), 1000),
	"HTTP of old":     []byte("GET /\r\n"),
	"a request's end": []byte(" / HTTP/1.1\r\n\r\n"),
}

// A raw client on an HTTP port gets no answer that it could take for a whole one, and is
// told why; so is the server. So is a raw next hop.
func TestWrongPort(t *testing.T) {
	pipetest.Parallel(t)
	for name, input := range notHTTP {
		t.Run("raw to HTTP/"+name, func(t *testing.T) {
			pipetest.Parallel(t)
			server := start(t, overHTTP("copy"))
			raw := Addr{Network: "tcp", Address: server.addr.Address}
			said, err := ask(t, raw, input)
			if err == nil {
				t.Errorf("want a reset, got %q and FIN", said)
			}
			if r := server.verdict(refused); r["err"] != ErrHTTPPort.Error() || r["http"] != "400" {
				t.Errorf("err: got %v", r)
			}
			for _, noHold := range []bool{false, true} {
				var out bytes.Buffer
				err := (&Client{Addr: raw, NoHold: noHold}).Send(t.Context(), bytes.NewReader(input), &out)
				if !errors.Is(err, ErrHTTPPort) || out.Len() > 0 || mayBeSentAgain(err) {
					t.Errorf("want %v, got %q and %v", ErrHTTPPort, out.Bytes(), err)
				}
				server.verdict(refused)
			}
			s := quick("copy")
			s.Next = []Addr{raw}
			first := start(t, s)
			answer, err := ask(t, first.addr, input)
			wantReset(t, answer, err)
			if r := first.verdict(nextFailed); r["err"] != "next hop: "+ErrHTTPPort.Error() {
				t.Errorf("err: got %v", r)
			}
			server.verdict(refused)
		})
	}
	t.Run("raw to HTTP/nothing", func(t *testing.T) {
		pipetest.Parallel(t)
		server := start(t, overHTTP("copy"))
		err := (&Client{Addr: Addr{Network: "tcp", Address: server.addr.Address}, AllowEmpty: true}).Send(t.Context(), strings.NewReader(""), io.Discard)
		if !errors.Is(err, ErrNotWhole) {
			t.Errorf("want %v, got %v", ErrNotWhole, err)
		}
	})
	for name, length := range map[string]int64{"with a length": 5, "in chunks": -1} {
		t.Run("HTTP to raw/"+name, func(t *testing.T) {
			pipetest.Parallel(t)
			server := start(t, quick("copy"))
			web := Addr{Network: "http", Address: server.addr.Address}
			got, err := post(t, web, strings.NewReader("hello"), func(r *http.Request) { r.ContentLength = length })
			got.says(t, err, 400, ErrRawPort.Error())
			if r := server.verdict(refused); r["err"] != ErrRawPort.Error() || r["http"] != "400" {
				t.Errorf("err: got %v", r)
			}
			err = (&Client{Addr: web}).Send(t.Context(), bytes.NewReader(pipetest.Noise(3_000_000)), io.Discard)
			if said := new(StatusError); !errors.As(err, &said) || said.Text != ErrRawPort.Error() {
				t.Errorf("want %v, got %v", ErrRawPort, err)
			}
			server.verdict(refused)
			s := overHTTP("copy")
			s.Next = []Addr{web}
			got, err = post(t, start(t, s).addr, strings.NewReader("hello"), nil)
			got.says(t, err, 502, "the next hop failed")
		})
	}
	for name, s := range map[string]*Server{"processes": quick("copy"), "workers": quickWorkers()} {
		t.Run("HTTP to raw/with a FIN/"+name, func(t *testing.T) { // as nc -N sends it
			pipetest.Parallel(t)
			server := start(t, s)
			_, err := ask(t, server.addr, []byte("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx"))
			if !errors.Is(err, fdio.ErrReset) {
				t.Errorf("want %v, got %v", fdio.ErrReset, err)
			}
			server.verdict(refused)
		})
	}
}

// What only resembles a request is an input like others.
func TestRawInputLikeHTTP(t *testing.T) {
	pipetest.Parallel(t)
	server := start(t, quick("copy"))
	for _, input := range []string{"P", "POST", "POST / HTTP/1.1", "POST /\r\n", "GIF89a / HTTP/x.1\r\n", "HTTP/2.0 200\r\n", "two words\n"} {
		answer, err := ask(t, server.addr, []byte(input))
		wantWhole(t, answer, err, []byte(input))
		server.verdict(whole)
	}
}

// A client without TLS at a TLS port, and one with TLS at a port without, are told so at
// once, and so is the server. So is a server that is such a client.
func TestWrongTLSPort(t *testing.T) {
	pipetest.Parallel(t)
	serve := func(network string) *Server {
		s := quick("copy")
		s.Listen[0].Network = network
		if (Addr{Network: network}).IsTLS() {
			s.TLS = pipetest.ServerFiles()
		}
		return s
	}
	for _, test := range []struct {
		server, client   string // networks
		server1, client1 error  // what they say
	}{
		{"tls", "tcp", ErrTLSPort, ErrTLSPort},
		{"https", "tcp", ErrTLSPort, ErrTLSPort},
		{"tls", "http", ErrTLSPort, &StatusError{Code: 400, Text: ErrTLSPort.Error()}},
		{"https", "http", ErrTLSPort, &StatusError{Code: 400, Text: ErrTLSPort.Error()}},
		{"tcp", "tls", ErrPlainPort, ErrPlainPort},
		{"http", "tls", ErrPlainPort, ErrPlainPort},
		{"tcp", "https", ErrPlainPort, ErrPlainPort},
		{"http", "https", ErrPlainPort, ErrPlainPort},
		{"https", "tls", ErrHTTPPort, ErrHTTPPort},
		{"tls", "https", ErrRawPort, &StatusError{Code: 400, Text: ErrRawPort.Error()}},
	} {
		t.Run(test.client+" to "+test.server, func(t *testing.T) {
			pipetest.Parallel(t)
			server := start(t, serve(test.server))
			at := Addr{Network: test.client, Address: server.addr.Address}
			for name, input := range notHTTP {
				err := (&Client{Addr: at, TLS: pipetest.ClientFiles()}).Send(t.Context(), bytes.NewReader(input), io.Discard)
				if err == nil || !strings.HasSuffix(err.Error(), test.client1.Error()) || mayBeSentAgain(err) {
					t.Errorf("%s: want %v, got %v", name, test.client1, err)
				}
				if r := server.verdict(refused); r["err"] != test.server1.Error() {
					t.Errorf("%s: err: got %v", name, r)
				}
			}
			s := quick("copy")
			s.Next, s.NextTLS = []Addr{at}, pipetest.ClientFiles()
			first := start(t, s)
			answer, err := ask(t, first.addr, []byte("GIF89a"))
			wantReset(t, answer, err)
			if r := first.verdict(nextFailed); !strings.HasSuffix(r["err"], test.client1.Error()) {
				t.Errorf("err: got %v", r)
			}
			server.verdict(refused)
		})
	}
}

// What only resembles a TLS client is an input like others.
func TestRawInputLikeTLS(t *testing.T) {
	pipetest.Parallel(t)
	server := start(t, quick("copy"))
	for _, input := range []string{"\x16", "\x16\x03\x01", "\x16\x03\x01\x00\x04\x01\x00\x00", "\x16\x03\x09\x00\x04\x01\x00\x00\x00", "\x16\x03\x01\x00\x04\x02\x00\x00\x00", "\x16\x00\x00\x00\x00\x00\x00\x00\x00"} {
		answer, err := ask(t, server.addr, []byte(input))
		wantWhole(t, answer, err, []byte(input))
		server.verdict(whole)
	}
}
