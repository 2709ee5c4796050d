package procpool

import "imgpipe/netpipe/internal/fdio"

// Reload replaces all processes by new ones of the program that is now on the disk: those
// that are ready at once, those at work after their work. If the new program cannot be
// started, ends at once, or is not a worker but should be, that is the error, and all
// processes stay.
func (p *Pool) Reload() error {
	reply := make(chan error, 1)
	select {
	case p.reload <- reply:
		return <-reply
	case <-p.filled: // the pool is closed
		return nil
	}
}

// renew is Reload. fill calls it.
func (p *Pool) renew() error {
	var ready []*process
	if p.config.Size > 0 {
		proc, err := p.startChecked(p.look)
		if err != nil {
			return err
		}
		select {
		case <-proc.over:
			fdio.CloseFiles(proc.stdin, proc.stdout)
			return endedUnused(proc)
		default:
			ready = append(ready, proc)
		}
	}
	p.mu.Lock()
	p.generation++
	for _, proc := range ready {
		proc.generation = p.generation
	}
	old := p.ready
	p.ready, p.spare, p.failed, p.delay, p.first = nil, 0, nil, 0, nil
	p.mu.Unlock()
	endAll(old)
	for _, proc := range ready {
		p.makeReady(proc)
	}
	return nil
}

// isOld reports whether a process was started before the last Reload. The caller holds
// p.mu.
func (p *Pool) isOld(proc *process) bool { return proc.generation != p.generation }
