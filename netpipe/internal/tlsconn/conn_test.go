package tlsconn_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/internal/tlsconn"
)

// pair returns both sides of a connection after its handshake.
func pair(t *testing.T, version uint16) (client, server *tlsconn.Conn) {
	t.Helper()
	source, err := tlsconn.NewServer(pipetest.ServerFiles(), nil)
	if err != nil {
		t.Fatal(err)
	}
	files := pipetest.ClientFiles()
	files.ServerName = "localhost"
	trust, err := tlsconn.NewClient(files, nil)
	if err != nil {
		t.Fatal(err)
	}
	trust.Config().MaxVersion = version
	this, other := pipetest.Pair(t, "tcp")
	client, server = tlsconn.Client(this.(*net.TCPConn), trust.Config()), tlsconn.Server(other.(*net.TCPConn), source.Config())
	shaken := make(chan error, 1)
	go func() { shaken <- server.Handshake(context.Background()) }()
	if err := errors.Join(client.Handshake(t.Context()), <-shaken); err != nil {
		t.Fatal(err)
	}
	return client, server
}

var versions = []uint16{tls.VersionTLS12, tls.VersionTLS13}

// Only CloseWrite ends a stream as a whole one.
func TestEnds(t *testing.T) {
	pipetest.Parallel(t)
	for _, version := range versions {
		for _, test := range []struct {
			name string
			end  func(*tlsconn.Conn)
			want error
		}{
			{"CloseWrite", func(c *tlsconn.Conn) { _ = c.CloseWrite() }, io.EOF},
			{"CloseWrite and Close", func(c *tlsconn.Conn) { _ = c.CloseWrite(); c.Close() }, io.EOF},
			{"Finish", func(c *tlsconn.Conn) { _ = c.SetLinger(0); _ = fdio.Finish(c); c.Close() }, io.EOF},
			{"a FIN between two records", func(c *tlsconn.Conn) { _ = c.Wire().CloseWrite() }, tlsconn.ErrCut},
			{"a FIN within a record", func(c *tlsconn.Conn) { _, _ = c.Wire().Write([]byte("\x17\x03\x03\x01")); _ = c.Wire().CloseWrite() }, tlsconn.ErrCut},
			{"a reset", func(c *tlsconn.Conn) { pipetest.Reset(c) }, fdio.ErrReset},
			{"a plain close_notify", func(c *tlsconn.Conn) {
				_, _ = c.Wire().Write([]byte("\x15\x03\x03\x00\x02\x01\x00"))
				_ = c.Wire().CloseWrite()
			}, nil},
		} {
			client, server := pair(t, version)
			_, _ = server.Read(make([]byte, 0)) // nothing: the handshake is over
			if _, err := client.Write([]byte("hello")); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 5)
			if _, err := io.ReadFull(server, b); err != nil {
				t.Fatal(err)
			}
			if version == tls.VersionTLS13 { // else its tickets are unread, and Close is a reset
				_, _ = server.Write([]byte("x"))
				_, _ = client.Read(b[:1])
			}
			test.end(client)
			for range 2 {
				if _, err := server.Read(b); err == nil || test.want != nil && err != test.want || test.want != io.EOF && err == io.EOF {
					t.Errorf("%s, %s: want %v, got %v", tls.VersionName(version), test.name, test.want, err)
				}
			}
		}
	}
}

// A client that resets as soon as it has the close_notify has got all: the server's end has
// not failed.
func TestResetAfterCloseNotify(t *testing.T) {
	pipetest.Parallel(t)
	for range 200 {
		client, server := pair(t, tls.VersionTLS13)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			_, _ = client.Read(make([]byte, 1))
			pipetest.Reset(client)
		}()
		if err := fdio.Finish(server); err != nil {
			t.Fatal(err)
		}
		<-gone
		server.Close()
	}
}

// A close_notify before there are keys is no end.
func TestPlainCloseNotify(t *testing.T) {
	pipetest.Parallel(t)
	this, other := pipetest.Pair(t, "tcp")
	_, _ = this.Write([]byte("\x15\x03\x01\x00\x02\x01\x00"))
	source, err := tlsconn.NewServer(pipetest.ServerFiles(), nil)
	if err != nil {
		t.Fatal(err)
	}
	server := tlsconn.Server(other.(*net.TCPConn), source.Config())
	if err := server.Handshake(t.Context()); err != tlsconn.ErrCut {
		t.Errorf("Handshake: want %v, got %v", tlsconn.ErrCut, err)
	}
	if _, err := server.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("Read: want an error, got %v", err)
	}
}

// Peek leaves bytes for Read, and a deadline that it meets leaves the connection whole.
func TestPeek(t *testing.T) {
	pipetest.Parallel(t)
	for _, version := range versions {
		client, server := pair(t, version)
		_ = server.SetReadDeadline(fdio.Expired)
		if _, err := server.Peek(100); !fdio.IsTimeout(err) {
			t.Errorf("want the deadline's error, got %v", err)
		}
		_ = server.SetReadDeadline(time.Time{})
		_, _ = client.Write([]byte("hello"))
		_ = client.CloseWrite()
		for range 2 {
			if got, err := server.Peek(100); string(got) != "hello" || err != nil {
				t.Errorf("Peek: got %q and %v", got, err)
			}
		}
		if got, err := io.ReadAll(server); string(got) != "hello" || err != nil {
			t.Errorf("Read: got %q and %v", got, err)
		}
		if _, err := server.Peek(100); err != io.EOF {
			t.Errorf("want EOF, got %v", err)
		}
	}
}

// ReadFrom sends all of a reader, and a deadline ends a CloseWrite that has no room.
func TestDeadlineOfCloseWrite(t *testing.T) {
	pipetest.Parallel(t)
	client, server := pair(t, tls.VersionTLS13)
	if _, err := client.ReadFrom(bytes.NewReader(pipetest.Noise(100))); err != nil {
		t.Fatal(err)
	}
	_ = client.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := client.ReadFrom(zeros{}); !fdio.IsTimeout(err) {
		t.Fatalf("want the deadline's error, got %v", err)
	}
	if err := client.CloseWrite(); !fdio.IsTimeout(err) {
		t.Errorf("CloseWrite: want the deadline's error, got %v", err)
	}
	client.Close()
	if _, err := io.Copy(io.Discard, server); err == nil {
		t.Error("a stream that was broken off is whole")
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

func TestIsClientHello(t *testing.T) {
	pipetest.Parallel(t)
	this, other := pipetest.Pair(t, "tcp")
	trust, err := tlsconn.NewClient(tlsconn.Files{ServerName: "localhost"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = tlsconn.Client(this.(*net.TCPConn), trust.Config()).Handshake(context.Background()) }()
	hello := make([]byte, tlsconn.HelloSize)
	if _, err := io.ReadFull(other, hello); err != nil || !tlsconn.IsClientHello(hello) {
		t.Errorf("%x is not taken for a ClientHello (%v)", hello, err)
	}
	for _, i := range []int{0, 1, 2, 3, 5, 6} {
		changed := bytes.Clone(hello)
		changed[i] ^= 0x80
		if tlsconn.IsClientHello(changed) {
			t.Errorf("%x is taken for a ClientHello", changed)
		}
	}
	if tlsconn.IsClientHello(hello[:len(hello)-1]) {
		t.Error("a part of a ClientHello is taken for one")
	}
	if !tlsconn.IsAlert([]byte(tlsconn.NotTLS)) {
		t.Error("NotTLS is no alert")
	}
}
