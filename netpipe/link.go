package netpipe

import (
	"context"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// An exchange is one input and its answer: the one is written to it, the other is
// read from it, both at once.
type exchange interface {
	io.Writer

	// CloseWrite tells the server that the input is whole.
	CloseWrite() error

	// Read gives io.EOF only at the end of a whole answer.
	io.Reader

	// Close breaks off what isn't at its end: the server never takes it for
	// that. It may be called at any time.
	Close() error

	SetWriteDeadline(time.Time) error
}

// How long a connection is kept for the next exchange: less than any server
// waits, so that they seldom close what is about to be used.
const keptFor = 4 * time.Second

// A link makes exchanges with one server. With HTTP it keeps their connections.
type link struct {
	addr Addr

	mu     sync.Mutex
	kept   []*line // the last used is last
	closed bool
}

// open starts an exchange. A raw one is just a connection.
func (l *link) open(ctx context.Context) (exchange, error) {
	if l.addr.Network != "http" {
		return dial(ctx, l.addr)
	}
	for line := l.take(); line != nil; line = l.take() {
		// What follows could be lost if the server is closing right now, and must
		// not be sent twice. So it has to agree first.
		if p := newPosting(l, line); p.expect(ctx) {
			return p, nil
		}
	}
	sock, err := dial(ctx, l.addr)
	if err != nil {
		return nil, err
	}
	return newPosting(l, newLine(sock)), nil
}

// take takes a kept connection on which the server has done nothing, nil if
// there is none.
func (l *link) take() *line {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := len(l.kept); n > 0; n-- {
		last := l.kept[n-1]
		l.kept = l.kept[:n-1]
		if last.expiry.Stop() && last.quiet() {
			return last
		}
		last.Close()
	}
	return nil
}

// keep takes a connection back.
func (l *link) keep(line *line) {
	_ = line.SetDeadline(time.Time{})
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		line.Close()
		return
	}
	line.expiry = time.AfterFunc(keptFor, func() { l.expire(line) })
	l.kept = append(l.kept, line)
}

func (l *link) expire(old *line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, line := range l.kept {
		if line == old {
			l.kept = append(l.kept[:i], l.kept[i+1:]...)
			line.Close()
			return
		}
	}
}

// close closes what is kept, now and later.
func (l *link) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.drop()
}

// drop closes what is kept now.
func (l *link) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.kept {
		line.expiry.Stop()
		line.Close()
	}
	l.kept = nil
}

// quiet reports whether the server has neither sent anything nor closed.
func (l *line) quiet() bool {
	raw, err := l.SyscallConn()
	if err != nil || l.in.Buffered() > 0 {
		return false
	}
	quiet := false
	err = raw.Control(func(fd uintptr) {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(p, 0)
		quiet = n == 0 && err == nil
	})
	return quiet && err == nil
}

// dial connects once. Whatever closes the connection before both sides have
// sent their FIN resets it.
func dial(ctx context.Context, to Addr) (socket, error) {
	conn, err := (&net.Dialer{Control: resets}).DialContext(ctx, to.transport(), to.Address)
	if err != nil {
		return nil, plain(err)
	}
	return conn.(socket), nil
}
