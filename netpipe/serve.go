package netpipe

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"imgpipe/netpipe/statusport"
)

// A serverState is where a Server is between its beginning and its end.
type serverState struct {
	mu      sync.Mutex
	begun   bool        // Serve has been called
	closed  bool        // Shutdown or Close has been called
	retired atomic.Bool // Retire has been called
	drain   func()      // while Serve runs
	cut     func()      // while Serve runs
	service *service    // while connections are served
	addrs   []net.Addr
	ready   chan struct{} // made by chans
	done    chan struct{}
}

// chans returns ready and done. The caller holds st.mu.
func (st *serverState) chans() (ready, done chan struct{}) {
	if st.ready == nil {
		st.ready, st.done = make(chan struct{}), make(chan struct{})
	}
	return st.ready, st.done
}

// Serve starts the filter, listens on Listen, and serves connections to it, to Listeners
// and to HTTPListeners, and requests to Handler. There may be any number of each, also
// none.
//
// When ctx is done, Serve closes all listeners and waits for the connections that have
// begun, for at most Drain. It returns nil if all of them have ended, and a
// *CutOffError if some had to be cut off. If Shutdown or Close was called before, Serve
// returns ErrServerClosed. Unlike that of net/http, Serve returns only when all is over:
// no goroutine, process or descriptor is left.
//
// Before it listens, Serve returns other errors: a filter that cannot be executed, or
// that is not a worker with Reuse (ErrNotWorker), an address that cannot be listened
// on, too low a limit of open files (ErrFileLimit), a Next that is the server itself
// (ErrLoop), files of TLS that cannot be used (ErrNoCertificate), and fields that exclude
// each other (ErrUnixSocket, ErrNoPool). Ready tells that there was none. A filter that
// refuses its command line (ErrCommandLine) is such an error, too; if that filter takes its
// time, Serve returns the error after Ready.
//
// Serve closes Listeners and HTTPListeners, and those of Sockets that Listen names. The
// connections of Listeners have to be *net.TCPConn or *net.UnixConn, those of HTTPListeners
// *net.TCPConn; others are closed. They are without TLS, for which there are Listen and
// Handler.
func (s *Server) Serve(ctx context.Context) error {
	draining, drain := context.WithCancelCause(ctx)
	defer drain(nil)
	alive, cut := context.WithCancelCause(context.Background())
	defer cut(nil)
	listeners := s.givenListeners()
	if err := s.state.begin(func() { drain(ErrServerClosed) }, func() { cut(ErrStopped) }); err != nil {
		closeListeners(listeners)
		return err
	}
	defer s.state.end()
	defer func() { closeListeners(listeners) }()

	status, err := statusport.Listen(s.Status, s.UnixMode)
	if err != nil {
		return err
	}
	defer status.Close() // when all else is over
	sv, err := newService(s, draining, alive)
	if err != nil {
		return err
	}
	defer sv.close()
	for _, at := range s.Listen {
		opened, err := s.listenersOf(at)
		if err != nil {
			return err
		}
		listeners = append(listeners, opened...)
	}
	if err := s.checkNext(ctx, listeners); err != nil {
		return err
	}
	var web *httpServer
	if slices.ContainsFunc(listeners, listener.isHTTP) {
		web = newHTTPServer(sv, s.Handler())
		var running sync.WaitGroup
		running.Go(web.run)
		defer running.Wait()
	}
	s.state.serve(sv, listeners, status)
	status.Serve(statusport.Pages{NotReady: s.NotReady, Metrics: s.Metrics, Hosts: s.Hosts}, sv.log)
	var accepting sync.WaitGroup
	for _, l := range listeners {
		sv.announce(l)
		accepting.Go(func() { sv.accept(l, web) })
	}
	select {
	case <-draining.Done():
	case err := <-sv.filter.Refused(): // the filter took its time
		drain(err)
		cut(ErrStopped)
	}
	accepting.Wait()

	cause := context.Cause(draining)
	isRefused := errors.Is(cause, ErrCommandLine)
	switch {
	case isRefused:
	case cause == ErrServerClosed:
		sv.log.Info("draining")
	default:
		sv.log.Info("draining", "within", s.Drain)
	}
	stopDrain := s.limitDrain(ctx, cut)
	sv.finish()
	if web != nil {
		web.shutdown()
	}
	stopDrain()
	switch n := sv.cutOff.Load(); {
	case cause == ErrServerClosed, isRefused:
		return cause
	case n > 0:
		return &CutOffError{int(n)}
	}
	return nil
}

// limitDrain has connections cut off Drain after ctx is done. Shutdown has a limit of
// its own.
func (s *Server) limitDrain(ctx context.Context, cut context.CancelCauseFunc) (stop func()) {
	over := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() {
		select {
		case <-ctx.Done():
		case <-over:
			return
		}
		select {
		case <-time.After(s.Drain):
			cut(ErrStopped)
		case <-over:
		}
	})
	return func() {
		close(over)
		waiting.Wait()
	}
}

// Ready returns a channel that is closed when Serve has begun to serve: all listeners
// are there. It is not closed if Serve fails before.
func (s *Server) Ready() <-chan struct{} {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	ready, _ := s.state.chans()
	return ready
}

// Addrs returns the addresses that Serve listens on: of Listeners, HTTPListeners, Listen
// and Status, in this order. It returns nil before Ready.
func (s *Server) Addrs() []net.Addr {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return slices.Clone(s.state.addrs)
}

// Shutdown stops the server without interrupting connections that have begun: it has
// Serve close all listeners, and waits for the return of Serve. When ctx is done
// before, Shutdown cuts off the rest, waits, and returns the context's error. Serve
// returns ErrServerClosed then, also if it is called only after Shutdown.
func (s *Server) Shutdown(ctx context.Context) error {
	done := s.state.close(false)
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	<-s.state.close(true)
	return ctx.Err()
}

// Close stops the server at once: it cuts off all connections, kills their filters, and
// waits for the return of Serve. It returns nil.
func (s *Server) Close() error {
	<-s.state.close(true)
	return nil
}

// Reload replaces the filter's processes by new ones of the program that is now on the
// disk: those that wait at once, those at work after their work. No connection notices.
// If the new program cannot be started, that is the error, and the old processes stay.
// Before that, Reload reads the files of TLS and NextTLS anew; if some cannot be used, the
// log says so, and the old certificates stay. Reload does nothing while Serve does not run.
func (s *Server) Reload() error {
	if sv := s.state.running(); sv != nil {
		sv.reloadTLS()
		return sv.filter.Reload()
	}
	return nil
}

// errServedBefore is an error of the program.
var errServedBefore = errors.New("netpipe: a Server serves once")

// begin notes that Serve begins; end must follow.
func (st *serverState) begin(drain, cut func()) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case st.closed:
		return ErrServerClosed
	case st.begun:
		return errServedBefore
	}
	st.begun, st.drain, st.cut = true, drain, cut
	st.chans()
	return nil
}

// serve notes that connections are served.
func (st *serverState) serve(sv *service, listeners []listener, status *statusport.Port) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.service = sv
	for _, l := range listeners {
		st.addrs = append(st.addrs, l.Addr())
	}
	st.addrs = append(st.addrs, status.Addrs()...)
	close(st.ready)
}

func (st *serverState) end() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.service = nil
	close(st.done)
}

// close stops Serve, atOnce or by draining, and returns a channel that is closed when
// Serve has returned, or if it was never called.
func (st *serverState) close(atOnce bool) <-chan struct{} {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.closed = true
	_, done := st.chans()
	if !st.begun {
		never := make(chan struct{})
		close(never)
		return never
	}
	st.drain()
	if atOnce {
		st.cut()
	}
	return done
}

// running returns the service that serves at the moment, or nil.
func (st *serverState) running() *service {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.service
}
