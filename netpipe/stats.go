package netpipe

import (
	"time"

	"imgpipe/netpipe/internal/procpool"
)

// Stats are what a Server has and does at one moment. The numbers of processes are
// counted since Serve was called.
type Stats struct {
	Connections int   // open ones, of all listeners
	Bound       int   // connections that have a filter
	Queued      int   // connections that wait for one
	Held        int64 // bytes that count for MaxHeld

	Next []NextStats // of the addresses in Server.Next

	FilterStats
}

// FilterStats are the processes of a filter at one moment, and those that it has had.
type FilterStats struct {
	FiltersReady   int    // processes that wait for a connection
	FiltersWorking int    // processes that have one, or are being started
	FiltersStarted uint64 // processes that have been started
	FiltersExited  uint64 // that ended by themselves with status 0
	FiltersFailed  uint64 // that ended by themselves with another status
	FiltersKilled  uint64 // that a signal ended, mostly because their connection failed
	FiltersRetired uint64 // that the server ended without a connection: by Reload, after Reuse connections, without work for a while
}

// Stats returns the numbers of the moment. They are all 0 while Serve does not run.
func (s *Server) Stats() Stats {
	sv := s.state.running()
	if sv == nil {
		return Stats{Next: s.idleNext()}
	}
	bound, queued := sv.admission.count()
	return Stats{
		Connections: sv.limiter.count(), Bound: bound, Queued: queued, Held: sv.held.Used(),
		Next:        sv.nextStats(),
		FilterStats: filterStats(sv.filter),
	}
}

func filterStats(filter *procpool.Filter) FilterStats {
	c := filter.Counts()
	return FilterStats{
		FiltersReady: c.Ready, FiltersWorking: c.Working,
		FiltersStarted: c.Started, FiltersExited: c.Exited, FiltersFailed: c.Failed,
		FiltersKilled: c.Killed, FiltersRetired: c.Retired,
	}
}

// A Result is what became of one connection: the numbers of its log record.
type Result struct {
	Verdict string // as in the table of outcomes in README.md
	Status  int    // of the HTTP response; 0 if there was none
	In, Out int64  // bytes of the input, and of the answer

	HasFilter bool          // had a filter: the times that follow count
	Queued    time.Duration // from the input's beginning until there was a filter
	Filter    time.Duration // from then until the answer was there, or had failed
	Total     time.Duration // from the input's beginning to the end of the answer

	HasNext bool          // came to the next hop: Next counts
	Next    time.Duration // from the connection to the next hop to the end of its answer
}

// result returns what became of c.
func (c *conn) result(o *outcome) Result {
	r := Result{
		Verdict: string(o.verdict), Status: c.front.status(), In: c.in.Load(), Out: c.out,
		HasFilter: c.invocation != nil, HasNext: !c.times.dialled.IsZero(),
	}
	if r.HasFilter {
		r.Queued, r.Filter = span(c.times.begun, c.times.bound), span(c.times.bound, c.times.done)
		r.Total = span(c.times.begun, time.Now())
	}
	if r.HasNext {
		r.Next = span(c.times.dialled, c.times.done)
	}
	return r
}
