package pipetest

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
)

// A Cut is a place in a stream of TLS records (RFC 8446, section 5.1): behind so many
// whole records, and so many bytes of the next, 5 of which are its header.
type Cut struct{ Records, Bytes int }

// RecordProxy has one connection to its own address go on to another. Each direction ends
// at its cut with a FIN, or where it ends itself if that is before the cut.
type RecordProxy struct {
	Addr string
	l    net.Listener
	done sync.WaitGroup

	up, down int // whole records that went to the server and to the client
}

// NewRecordProxy listens for the connection. A nil Cut is beyond the end.
func NewRecordProxy(t *testing.T, to string, up, down *Cut) *RecordProxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &RecordProxy{Addr: l.Addr().String(), l: l}
	p.done.Go(func() {
		client, err := l.Accept()
		if err != nil {
			return
		}
		defer client.Close()
		server, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer server.Close()
		var both sync.WaitGroup
		both.Go(func() { p.up = copyRecords(server.(*net.TCPConn), client.(*net.TCPConn), up) })
		both.Go(func() { p.down = copyRecords(client.(*net.TCPConn), server.(*net.TCPConn), down) })
		both.Wait()
	})
	t.Cleanup(func() { p.Wait() })
	return p
}

// Wait waits for the end of the connection, and returns how many whole records went to the
// server and to the client.
func (p *RecordProxy) Wait() (up, down int) {
	p.l.Close()
	p.done.Wait()
	return p.up, p.down
}

// copyRecords copies up to a cut. What comes behind it is dropped.
func copyRecords(to, from *net.TCPConn, cut *Cut) (records int) {
	in := bufio.NewReader(from)
	for {
		head, err := in.Peek(5)
		if err != nil {
			break
		}
		if cut != nil && records == cut.Records {
			_, _ = io.CopyN(to, in, int64(cut.Bytes))
			break
		}
		if _, err := io.CopyN(to, in, 5+int64(binary.BigEndian.Uint16(head[3:]))); err != nil {
			break
		}
		records++
	}
	_ = to.CloseWrite()
	_, _ = io.Copy(io.Discard, in)
	return records
}
