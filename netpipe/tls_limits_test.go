package netpipe

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/internal/tlsconn"
)

// A client that does not go on in its handshake is cut off in time, and counts as a
// connection until then. No filter is started for it.
func TestTLSSlowHandshake(t *testing.T) {
	pipetest.Parallel(t)
	for _, network := range []string{"tls", "https"} {
		for name, begin := range map[string]string{"says nothing": "", "stops in its first record": "\x16\x03\x01\x02\x00\x01"} {
			t.Run(network+"/"+name, func(t *testing.T) {
				pipetest.Parallel(t)
				s := withTLS(quick("copy"))
				s.Listen[0].Network, s.Pool, s.handshakeTimeout, s.IdleTimeout = network, 0, short, 0
				server := start(t, s)
				c := connect(t, Addr{Network: "tcp", Address: server.addr.Address})
				send(t, c, []byte(begin))
				said, err := io.ReadAll(c)
				wantReset(t, said, err)
				if r := server.verdict(clientSilent); r["err"] != ErrHandshakeTimeout.Error() || r["status"] != "" {
					t.Errorf("want %v, got %v", ErrHandshakeTimeout, r)
				}
			})
		}
	}
}

// Connections in their handshake count for MaxPerSource.
func TestTLSHandshakesCount(t *testing.T) {
	pipetest.Parallel(t)
	s := withTLS(quick("copy"))
	s.MaxPerLoopback = 2
	server := start(t, s)
	plain := Addr{Network: "tcp", Address: server.addr.Address}
	first, second, third := connect(t, plain), connect(t, plain), connect(t, plain)
	said, err := io.ReadAll(third)
	wantReset(t, said, err)
	server.verdict(busy)
	pipetest.Reset(first)
	server.verdict(clientGone)
	pipetest.Reset(second)
	server.verdict(clientGone)
	answer, err := ask(t, server.addr, []byte("hello"))
	wantWhole(t, answer, err, []byte("hello"))
}

// A connection that has been accepted before the server drains gets its answer.
func TestTLSDrain(t *testing.T) {
	pipetest.Parallel(t)
	for _, network := range []string{"tls", "https"} {
		t.Run(network, func(t *testing.T) {
			pipetest.Parallel(t)
			s := withTLS(quick("copy"))
			s.Listen[0].Network = network
			server := start(t, s)
			secure := connect(t, server.addr) // of a handshake that is over: the server has accepted it
			server.stop()
			if network == "tls" {
				answer, err := exchange(secure, strings.NewReader("hello"))
				wantWhole(t, answer, err, []byte("hello"))
			} else {
				sendHTTP(t, secure, postHead+"Content-Length: 5\n\nhello")
				got, err := hear(t, bufio.NewReader(secure), "POST")
				got.want(t, err, 200, []byte("hello"))
			}
			if err := server.wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Clients that do not take their answers do not hold up a server that cuts them off: a
// close_notify would wait for each of them in turn.
func TestTLSCutsOffAtOnce(t *testing.T) {
	pipetest.Parallel(t)
	s := withTLS(quick("read", "write:6000000"))
	s.Listen[0].Network = "https"
	server := start(t, s)
	const clients = 10
	for range clients {
		c := connect(t, server.addr).(*tlsconn.Conn)
		_ = c.Wire().SetReadBuffer(4 << 10)
		sendHTTP(t, c, postHead+"Content-Length: 1\n\nx")
		if _, err := c.Read(make([]byte, 1)); err != nil { // the answer has begun
			t.Fatal(err)
		}
	}
	begun := time.Now()
	server.kill()
	_ = server.wait()
	if took := time.Since(begun); took > clients*lingerTimeout/2 {
		t.Errorf("the server took %v to end", took)
	}
}

// While the server drains, idle connections that have no room for a close_notify end at the
// same time, and not one after the other.
func TestTLSDrainsAtOnce(t *testing.T) {
	pipetest.Parallel(t)
	draining, stop := context.WithCancel(context.Background())
	stop()
	const conns = 10
	var ending, over sync.WaitGroup
	ending.Add(conns)
	over.Add(conns)
	for range conns {
		idle, _ := pipetest.Pair(t, "tcp")
		c := &httpConn{
			Socket: fullSocket{idle, &ending}, tls: &tls.ConnectionState{},
			service: &service{config: &Server{}, draining: draining, alive: context.Background()}, onClose: over.Done,
		}
		c.isHTTP.Store(true)
		c.Close()
	}
	over.Wait()
}

// A fullSocket has room for a half-close once all others are about to half-close.
type fullSocket struct {
	fdio.Socket
	others *sync.WaitGroup
}

func (s fullSocket) CloseWrite() error {
	s.others.Done()
	s.others.Wait()
	return nil
}

// A connection that ends before a byte of input is a probe: before its handshake, as
// balancers check a port, and after it, with and without a close_notify. Only the last may
// be an empty input.
func TestTLSProbe(t *testing.T) {
	pipetest.Parallel(t)
	for _, allowEmpty := range []bool{false, true} {
		s := withTLS(quick("read", "write:10"))
		s.AllowEmpty = allowEmpty
		server := start(t, s)
		connect(t, Addr{Network: "tcp", Address: server.addr.Address}).Close()
		server.verdict(probe)
		// Close would be a reset: the client has not read the server's tickets.
		_ = connect(t, server.addr).(*tlsconn.Conn).Wire().CloseWrite()
		server.verdict(probe)
		answer, err := ask(t, server.addr, nil)
		if allowEmpty {
			wantWhole(t, answer, err, pipetest.Written(10))
			server.verdict(whole)
		} else {
			wantReset(t, answer, err)
			server.verdict(probe)
		}
	}
}

// Certificates are replaced under load: no connection fails, and new ones see the new
// certificate. While the new files are broken the old ones stay.
func TestTLSRotation(t *testing.T) {
	pipetest.Parallel(t)
	for _, how := range []string{"by itself", "Reload"} {
		t.Run(how, func(t *testing.T) {
			pipetest.Parallel(t)
			first, second := pipetest.TestAuthority().Issue("first", nil), pipetest.TestAuthority().Issue("second", nil)
			files := TLSFiles{Cert: t.TempDir() + "/cert", Key: t.TempDir() + "/key"}
			install := func(cert, key string) {
				replace(t, files.Key, key)
				replace(t, files.Cert, cert)
			}
			install(first.Cert, first.Key)
			s := withTLS(quick("copy"))
			s.TLS = files
			server := start(t, s)
			var loads sync.WaitGroup
			var over atomic.Bool
			defer loads.Wait()
			defer over.Store(true)
			for range 2 {
				loads.Go(func() {
					input := pipetest.Noise(100_000)
					for !over.Load() {
						var out bytes.Buffer
						err := (&Client{Addr: server.addr, TLS: pipetest.ClientFiles()}).Send(context.Background(), bytes.NewReader(input), &out)
						if err != nil || !bytes.Equal(out.Bytes(), input) {
							t.Errorf("got %d bytes and %v", out.Len(), err)
							return
						}
						if r := <-server.records; r["verdict"] != string(whole) && r["verdict"] != string(probe) {
							t.Errorf("got %v", r)
						}
					}
				})
			}
			// sees waits until connections have a certificate.
			sees := func(name string) {
				for subject(t, server.addr) != "CN="+name {
					if how == "Reload" {
						t.Fatalf("want the certificate of %s", name)
					}
				}
			}
			sees("first")
			broken := t.TempDir() + "/broken"
			if err := os.WriteFile(broken, []byte("broken"), 0o600); err != nil {
				t.Fatal(err)
			}
			install(broken, first.Key)
			if how == "Reload" {
				if err := server.server.Reload(); err != nil {
					t.Error(err)
				}
			}
			sees("first")
			install(second.Cert, second.Key)
			if how == "Reload" {
				if err := server.server.Reload(); err != nil {
					t.Error(err)
				}
			}
			sees("second")
		})
	}
}

// replace makes a new file with the content of another.
func replace(t *testing.T, name, content string) {
	t.Helper()
	b, err := os.ReadFile(content)
	if err == nil {
		err = errors.Join(os.WriteFile(name+".new", b, 0o600), os.Rename(name+".new", name))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// subject returns the subject of the certificate that a server shows, by a probe.
func subject(t *testing.T, at Addr) string {
	t.Helper()
	c := connect(t, at).(*tlsconn.Conn)
	defer c.Close()
	return c.State().PeerCertificates[0].Subject.String()
}

// What breaks TLS within an input ends it as a client does that goes, over HTTP too: the
// request is not at fault, and the record says what is.
func TestTLSBreaksInInput(t *testing.T) {
	pipetest.Parallel(t)
	const forged = "\x17\x03\x03\x00\x20" + "a record with another key, or no"
	for name, test := range map[string]struct {
		breaks func(*tls.Conn, *forger)
		want   string
	}{
		"by an alert": {func(c *tls.Conn, f *forger) {
			f.in = strings.NewReader(forged)
			_, _ = c.Read(make([]byte, 1)) // sends the alert
		}, "client: TLS failed: the other side says: tls: bad record MAC"},
		"by a forged record": {func(_ *tls.Conn, f *forger) { send(t, f, []byte(forged)) },
			"client: the TLS connection is broken: local error: tls: bad record MAC"},
		"by something else than a record": {func(_ *tls.Conn, f *forger) { send(t, f, []byte(postHead)) },
			"client: the TLS connection is broken: tls: received record with version"},
	} {
		for _, network := range []string{"tls", "https"} {
			t.Run(name+"/"+network, func(t *testing.T) {
				pipetest.Parallel(t)
				s := withTLS(quick("copy"))
				s.Listen[0].Network = network
				server := start(t, s)
				below := &forger{Socket: pipetest.Connect(t, "tcp", server.addr.Address)}
				c := tls.Client(below, clientConfig())
				head := ""
				if network == "https" {
					head = strings.ReplaceAll(postHead, "\n", "\r\n") + "Content-Length: 1000\r\n\r\n"
				}
				if _, err := io.WriteString(c, head+"the beginning of an input"); err != nil {
					t.Fatal(err)
				}
				test.breaks(c, below)
				if r := server.verdict(clientGone); !strings.HasPrefix(r["err"], test.want) {
					t.Errorf("want %q, got %v", test.want, r)
				}
			})
		}
	}
}

// A forger is a connection on which something else may come than the other side has sent.
type forger struct {
	fdio.Socket
	in io.Reader // nil: what the other side sends
}

func (f *forger) Read(b []byte) (int, error) {
	if f.in != nil {
		return f.in.Read(b)
	}
	return f.Socket.Read(b)
}

// A server without a usable certificate does not start.
func TestTLSRefusesToStart(t *testing.T) {
	pipetest.Parallel(t)
	good := pipetest.ServerFiles()
	for name, test := range map[string]struct {
		listen, next TLSFiles
		want         error // nil: any
	}{
		"no certificate":          {TLSFiles{}, TLSFiles{}, ErrNoCertificate},
		"no such file":            {TLSFiles{Cert: "missing"}, TLSFiles{}, os.ErrNotExist},
		"no such key":             {TLSFiles{Cert: good.Cert, Key: "missing"}, TLSFiles{}, os.ErrNotExist},
		"no key":                  {TLSFiles{Cert: good.Cert}, TLSFiles{}, nil},
		"another key":             {TLSFiles{Cert: good.Cert, Key: pipetest.ClientFiles().Key}, TLSFiles{}, nil},
		"no authority":            {TLSFiles{Cert: good.Cert, Key: good.Key, CA: good.Key}, TLSFiles{}, nil},
		"no authority of next":    {good, TLSFiles{CA: good.Key}, nil},
		"no such certificate for": {good, TLSFiles{Cert: "missing"}, os.ErrNotExist},
	} {
		s := quick("copy")
		s.Listen[0].Network, s.TLS = "tls", test.listen
		s.Next, s.NextTLS = []Addr{{Network: "https", Address: pipetest.ClosedPort(t)}}, test.next
		if err := s.Serve(t.Context()); err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: want %v, got %v", name, test.want, err)
		}
	}
}

// A server that is killed in an answer over TLS leaves a reset, and no close_notify.
func TestTLSKilled(t *testing.T) {
	pipetest.Parallel(t)
	s := withTLS(quick("read", "write:30000000"))
	server := startApart(t, s, nil)
	c := connect(t, server.addr)
	send(t, c, []byte("x"))
	_ = c.CloseWrite()
	if _, err := io.ReadFull(c, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	_ = server.cmd.Process.Kill()
	if n, err := io.Copy(io.Discard, c); !errors.Is(err, fdio.ErrReset) {
		t.Errorf("want %v, got %d bytes and %v", fdio.ErrReset, n, err)
	}
}
