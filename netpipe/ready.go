package netpipe

import (
	"fmt"

	"imgpipe/netpipe/internal/procpool"
)

// NotReady returns why the server should be sent no connections at the moment, or nil. It
// wraps ErrDraining, also after Retire; ErrNotReady; or ErrQueueFull, if the next
// connection would be refused. While Serve does not run, it is ErrServerClosed.
func (s *Server) NotReady() error {
	sv := s.state.running()
	switch {
	case sv == nil:
		return ErrServerClosed
	case sv.isRetired():
		return ErrDraining
	}
	if err := filterNotReady(sv.filter); err != nil {
		return err
	}
	if sv.admission.isFull() {
		return ErrQueueFull
	}
	return nil
}

// Retire has NotReady return ErrDraining from now on, while connections are still
// accepted. A balancer that asks for it sends the next ones elsewhere, so that none is
// refused when Serve's context ends some time later.
func (s *Server) Retire() { s.state.retired.Store(true) }

// isRetired reports whether no more connections should be sent to the server.
func (sv *service) isRetired() bool {
	return sv.draining.Err() != nil || sv.config.state.retired.Load()
}

// filterNotReady returns ErrNotReady, with the reason, if no process of a filter can be had.
func filterNotReady(filter *procpool.Filter) error {
	if err := filter.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrNotReady, err)
	}
	return nil
}
