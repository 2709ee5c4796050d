package procpool

// Counts are how many processes a filter has at one moment, and has had since New.
// Started is the sum of all others, but for processes that end while it is counted.
type Counts struct {
	Ready   int // wait for a connection
	Working int // have one, are being started, or have not been waited for

	Started uint64
	Exited  uint64 // ended by themselves with status 0
	Failed  uint64 // ended by themselves with another status
	Killed  uint64 // ended by a signal, mostly SIGKILL from this package, for the sake of an invocation
	Retired uint64 // ended by this package while they had no invocation
}

// Counts returns the counts of the moment.
func (f *Filter) Counts() Counts {
	ready := 0
	for _, p := range f.pools {
		p.mu.Lock()
		ready += len(p.ready)
		p.mu.Unlock()
	}
	c, alive := f.supervisor.tally()
	c.Ready = min(ready, alive)
	c.Working = alive - c.Ready
	return c
}

// tally returns how many processes have been started, and how they ended, and how many
// are alive.
func (s *supervisor) tally() (c Counts, alive int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts, len(s.alive)
}

// countEnd counts a process that has been waited for. The caller holds s.mu.
func (s *supervisor) countEnd(p *process) {
	switch {
	case p.retired:
		s.counts.Retired++
	case p.status.Signaled():
		s.counts.Killed++
	case p.status.ExitStatus() == 0:
		s.counts.Exited++
	default:
		s.counts.Failed++
	}
}

// retire kills a process that has no invocation.
func (p *process) retire() {
	p.supervisor.mu.Lock()
	p.retired = true
	p.supervisor.mu.Unlock()
	p.kill()
}
