package hop

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// A Call is an Exchange with one server of a Group, which learns from it whether the server
// works. Close must be called.
type Call struct {
	Exchange // nil before open has succeeded

	group    *Group
	server   *server
	failures int  // the server's when the call began
	trial    bool // the first call after the server's rest
	heard    bool // a byte of the answer has come
	closing  sync.Once

	failed bool // guarded by Group.mu
}

// newCall begins a call. Group.mu is held.
func newCall(g *Group, s *server) *Call {
	s.inFlight++
	s.target.inFlight++
	return &Call{group: g, server: s, failures: s.health.failures, trial: s.health.begin()}
}

// Server returns the address of the server as it was configured, and if that has a host
// name, which of the host's addresses it is.
func (c *Call) Server() string { return c.server.String() }

// Bounds of how long one server may take to be connected to while there are others.
const (
	openTimeout    = 5 * time.Second // all of them together, if the context has no deadline
	minOpenTimeout = time.Second
)

// open connects to the server. If there are others, they get their share of the time.
func (c *Call) open(ctx context.Context, fields string, others int) error {
	share, cancel := shareOf(ctx, others)
	defer cancel()
	exchange, err := c.server.transport.Open(share, fields)
	if err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) {
			c.Fail()
			c.group.noteReached(c.server, false)
		}
		c.release()
		return err
	}
	c.group.noteReached(c.server, true)
	c.Exchange = exchange
	return nil
}

// shareOf returns a context with the time that one server has while there are others.
func shareOf(ctx context.Context, others int) (context.Context, context.CancelFunc) {
	if others <= 0 {
		return ctx, func() {}
	}
	left := openTimeout
	if deadline, ok := ctx.Deadline(); ok {
		left = time.Until(deadline)
	}
	return context.WithTimeout(ctx, max(left/time.Duration(others+1), minOpenTimeout))
}

// Write is that of Exchange.
func (c *Call) Write(b []byte) (int, error) {
	n, err := c.Exchange.Write(b)
	if err != nil && !IsEarlyAnswer(err) && !fdio.IsOwn(err) {
		c.Fail()
	}
	return n, err
}

// Read is that of Exchange.
func (c *Call) Read(b []byte) (int, error) {
	n, err := c.Exchange.Read(b)
	c.heard = c.heard || n > 0
	switch {
	case err == nil, fdio.IsOwn(err):
	case err == io.EOF && (c.heard || c.group.AllowEmpty), err != io.EOF && !MayOtherServe(err):
		c.succeed()
	default:
		c.Fail()
	}
	return n, err
}

// MayOtherServe reports whether another server may give the answer where one gave this error
// of Exchange.Read: any but a status that is about the input, or about the filter.
func MayOtherServe(err error) bool {
	said := new(StatusError)
	return !errors.As(err, &said) || slices.Contains(ofServer, said.Code)
}

// ofServer are the statuses that are about the server: it does not serve this client, has no
// such service at its address, or cannot serve for now.
var ofServer = []int{
	http.StatusUnauthorized, http.StatusForbidden,
	http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusMisdirectedRequest,
	http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable,
}

// Fail says that the server has failed, as Read and Write do by themselves.
func (c *Call) Fail() {
	g, s := c.group, c.server
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.failed {
		return
	}
	c.failed = true
	s.target.failures++
	if s.target.host != nil {
		s.target.host.doubted = true
	}
	if s.health.failures == c.failures {
		s.health.fail(time.Now(), g.random())
	}
}

// succeed notes that the server works, unless it has failed since the call began.
func (c *Call) succeed() {
	c.group.mu.Lock()
	defer c.group.mu.Unlock()
	if c.server.health.failures == c.failures {
		c.server.health.succeed()
	}
}

// Close ends the exchange, as Exchange.Close does.
func (c *Call) Close() error {
	err := c.Exchange.Close()
	c.release()
	return err
}

// release notes that the call is over.
func (c *Call) release() {
	c.closing.Do(func() {
		c.group.mu.Lock()
		defer c.group.mu.Unlock()
		c.server.inFlight--
		c.server.target.inFlight--
		if c.trial && c.server.health.failures == c.failures {
			c.server.health.onTrial = false
		}
	})
}
