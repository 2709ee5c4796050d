package netpipe

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/internal/tlsconn"
)

// A stream of TLS that is cut, between two records or within one, in any direction, is
// never a whole input or a whole answer. Only the end of the last record, which is the
// close_notify, may be it.
func TestTLSCutEverywhere(t *testing.T) {
	pipetest.Parallel(t)
	input := append([]byte("copy\n"), pipetest.Noise(40_000)...)
	answer := input[len("copy\n"):]
	for _, network := range []string{"tls", "https"} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(network+"/"+tls.VersionName(version), func(t *testing.T) {
				pipetest.Parallel(t)
				s := withTLS(quickWorkers())
				s.Listen[0].Network = network
				server := start(t, s)
				check := func(r record) {
					if r["verdict"] == string(whole) && r["in"] != fmt.Sprint(len(input)) {
						t.Errorf("the server takes %s bytes of %d for the input", r["in"], len(input))
					}
				}
				// through sends the input through a proxy with cuts.
				through := func(up, down *pipetest.Cut) (records [2]int) {
					proxy := pipetest.NewRecordProxy(t, server.addr.Address, up, down)
					got, err := sendBy(t, &Client{Addr: Addr{Network: network, Address: proxy.Addr}, TLS: pipetest.ClientFiles()}, version, input)
					records[0], records[1] = proxy.Wait()
					if err == nil && !bytes.Equal(got, answer) {
						t.Errorf("cut at %v and %v: the client takes %d bytes of %d for the answer", up, down, len(got), len(answer))
					}
					if network == "https" { // which needs no close_notify, and has no record without a request
						return records
					}
					r := <-server.records
					check(r)
					if up != nil && r["verdict"] == string(whole) {
						t.Errorf("cut at %v: the server takes the input for whole: %v", up, r)
					}
					if down != nil && err == nil {
						t.Errorf("cut at %v: the client takes the answer for whole", down)
					}
					return records
				}
				all := through(nil, nil)
				if all[0] < 5 || all[1] < 5 {
					t.Fatalf("%v records: the input and the answer should have several", all)
				}
				for record := range all[0] {
					for _, n := range []int{0, 1, 5, 6, 20} {
						through(&pipetest.Cut{Records: record, Bytes: n}, nil)
					}
				}
				for record := range all[1] {
					for _, n := range []int{0, 1, 5, 6, 20} {
						through(nil, &pipetest.Cut{Records: record, Bytes: n})
					}
				}
				server.stop()
				_ = server.wait()
				for len(server.records) > 0 {
					check(<-server.records)
				}
			})
		}
	}
}

// sendBy is Client.Send with a version of TLS, on a connection of its own.
func sendBy(t *testing.T, c *Client, version uint16, input []byte) ([]byte, error) {
	t.Helper()
	defer c.CloseIdle()
	if err := c.prepare(); err != nil {
		t.Fatal(err)
	}
	c.transport.TLS.Config().MaxVersion, c.transport.TLS.HTTPConfig().MaxVersion = version, version
	var out bytes.Buffer
	err := c.Send(t.Context(), bytes.NewReader(input), &out)
	return out.Bytes(), err
}

// Each certificate that does not fit is refused: no filter works, and both sides say why.
func TestTLSCertificates(t *testing.T) {
	pipetest.Parallel(t)
	good, trusted, other := pipetest.ServerFiles(), pipetest.TestAuthority(), pipetest.NewAuthority()
	expired := func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	}
	client := func(set func(*TLSFiles)) TLSFiles {
		files := pipetest.ClientFiles()
		if set != nil {
			set(&files)
		}
		return files
	}
	for _, test := range []struct {
		name           string
		server, client TLSFiles
		clientSays     string // "": the answer is whole
		serverSays     string
	}{
		{"good", good, client(nil), "", ""},
		{"no client certificate asked for", TLSFiles{Cert: good.Cert, Key: good.Key}, client(func(f *TLSFiles) { f.Cert, f.Key = "", "" }), "", ""},
		{"the server's authority is unknown", other.Issue("other", nil), client(nil), "unknown authority", "tls: bad certificate"},
		{"another name", good, client(func(f *TLSFiles) { f.ServerName = "example.org" }), "not example.org", "tls: bad certificate"},
		{"the server's has expired", trusted.Issue("old", expired), client(nil), "expired", "tls: bad certificate"},
		{"the server's is for clients", trusted.Issue("client", func(c *x509.Certificate) { c.ExtKeyUsage = c.ExtKeyUsage[1:] }), client(nil), "incompatible key usage", "tls: bad certificate"},
		{"the client has none", good, client(func(f *TLSFiles) { f.Cert, f.Key = "", "" }), "certificate required", "didn't provide a certificate"},
		{"the client's authority is unknown", good, client(func(f *TLSFiles) { *f = other.Issue("other", nil); f.CA = good.CA }), "certificate", "unknown authority"},
		{"the client's has expired", good, client(func(f *TLSFiles) { *f = trusted.Issue("old", expired) }), "expired", "expired"},
		{"the client's is for servers", good, client(func(f *TLSFiles) {
			*f = trusted.Issue("server", func(c *x509.Certificate) { c.ExtKeyUsage = c.ExtKeyUsage[:1] })
		}), "bad certificate", "incompatible key usage"},
	} {
		for _, network := range []string{"tls", "https"} {
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				t.Run(test.name+"/"+network+"/"+tls.VersionName(version), func(t *testing.T) {
					pipetest.Parallel(t)
					s := quick("copy")
					s.Listen[0].Network, s.TLS = network, test.server
					server := start(t, s)
					input := pipetest.Noise(3_000_000)
					got, err := sendBy(t, &Client{Addr: server.addr, TLS: test.client}, version, input)
					if test.clientSays == "" {
						wantWhole(t, got, err, input)
						server.verdict(whole)
						return
					}
					if err == nil || !strings.Contains(err.Error(), test.clientSays) && version == tls.VersionTLS13 || !errors.Is(err, ErrTLS) || mayBeSentAgain(err) || len(got) > 0 {
						t.Errorf("want %q, got %v", test.clientSays, err)
					}
					if r := server.verdict(refused); !strings.Contains(r["err"], test.serverSays) || r["status"] != "" {
						t.Errorf("want %q and no filter, got %v", test.serverSays, r)
					}
					first := start(t, &Server{Listen: []Addr{{Network: "tcp", Address: "127.0.0.1:0"}}, Filter: pipetest.Filter("copy"), Pool: 1, Max: 1, Env: []string{"GORACE"}, Next: []Addr{server.addr}, NextTLS: test.client, DialTimeout: pipetest.Patience})
					answer, err := ask(t, first.addr, input)
					wantReset(t, answer, err)
					if r := first.verdict(nextFailed); !strings.Contains(r["err"], test.clientSays) {
						t.Errorf("want %q, got %v", test.clientSays, r)
					}
					server.verdict(refused)
				})
			}
		}
	}
}

// The record of a connection has the version of TLS and the subject of the client's
// certificate, which cannot break the log's lines.
func TestTLSRecord(t *testing.T) {
	pipetest.Parallel(t)
	for _, over := range []func(...string) *Server{quick, overHTTP} {
		server := start(t, withTLS(over("copy")))
		files := pipetest.TestAuthority().Issue("one\nlevel=INFO \x1b[2J", nil)
		got, err := sendBy(t, &Client{Addr: server.addr, TLS: files}, tls.VersionTLS12, []byte("hello"))
		wantWhole(t, got, err, []byte("hello"))
		if r := server.verdict(whole); r["tls"] != "1.2" || r["subject"] != "CN=one level=INFO ?[2J" {
			t.Errorf("want TLS 1.2 and the subject, got %v", r)
		}
	}
}

// The server around a Handler may ask for a certificate and not verify it. The record has no
// subject then: the client could have any.
func TestTLSRecordOfUnverified(t *testing.T) {
	pipetest.Parallel(t)
	server, web := handled(t, quick("copy"), func(web *httptest.Server) {
		web.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
		web.StartTLS()
	})
	files := pipetest.ClientFiles()
	cert, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		t.Fatal(err)
	}
	web.Client().Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{cert}
	got, err := postTo(t, web, strings.NewReader("hello"))
	got.want(t, err, 200, []byte("hello"))
	if r := server.verdict(whole); r["tls"] != "1.3" || r["subject"] != "" {
		t.Errorf("want TLS 1.3 and no subject, got %v", r)
	}
}

// A client that comes again resumes its session: the server neither signs nor sends its
// certificate, and still knows the client's.
func TestTLSResumes(t *testing.T) {
	pipetest.Parallel(t)
	server := start(t, withTLS(quick("copy")))
	files := pipetest.ClientFiles()
	files.ServerName = "localhost"
	source, err := tlsconn.NewClient(files, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, resumes := range []bool{false, true, true} {
		tcp := pipetest.Connect(t, "tcp", server.addr.Address)
		c := tlsconn.Client(tcp.(*net.TCPConn), source.Config())
		if err := c.Handshake(t.Context()); err != nil {
			t.Fatal(err)
		}
		answer, err := exchange(c, strings.NewReader("hello"))
		wantWhole(t, answer, err, []byte("hello"))
		if got := c.State().DidResume; got != resumes {
			t.Errorf("resumed: want %t, got %t", resumes, got)
		}
		if r := server.verdict(whole); r["subject"] != "CN=a client of tests" {
			t.Errorf("want the client's subject, got %v", r)
		}
	}
}
