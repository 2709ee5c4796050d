package procpool

import (
	"context"
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// Reload replaces all processes by new ones of the programs that are now on the disk:
// those that are ready at once, those at work after their work. If a new program cannot
// be started, ends at once, or is not a worker but should be, that is the error, and all
// processes of all programs stay.
func (f *Filter) Reload() error { return f.reload(reloadLook) }

// reload is Reload. It waits as long as look for the end of a process that ends at once.
func (f *Filter) reload(look time.Duration) error {
	f.reloading.Lock()
	defer f.reloading.Unlock()
	resume := make(chan struct{})
	defer close(resume)
	for _, p := range f.pools {
		select {
		case p.pause <- resume:
		case <-p.filled: // the pool is closed
			return nil
		}
	}
	looking, enough := context.WithTimeout(context.Background(), look)
	defer enough()
	fresh := make([]*process, len(f.pools))
	err := f.each(func(i int, p *pool) (err error) {
		if fresh[i], err = p.startNew(looking); err != nil {
			enough()
		}
		return err
	})
	for i, p := range f.pools {
		switch {
		case err == nil:
			p.replaceAll(fresh[i])
		case fresh[i] != nil:
			endAll(fresh[i : i+1])
		}
	}
	return err
}

// startNew starts a process, unless Config.Size is 0, and checks that it does not end
// before looking is done.
func (p *pool) startNew(looking context.Context) (*process, error) {
	if p.config.Size == 0 {
		return nil, nil
	}
	proc, err := p.startChecked(looking)
	if err != nil {
		return nil, err
	}
	select {
	case <-proc.over:
		fdio.CloseFiles(proc.stdin, proc.stdout)
		return nil, endedUnused(proc)
	default:
		return proc, nil
	}
}

// replaceAll replaces all processes, those that are ready by a new one, unless that is nil.
func (p *pool) replaceAll(fresh *process) {
	p.mu.Lock()
	p.generation++
	if fresh != nil {
		fresh.generation = p.generation
	}
	old := p.ready
	p.ready, p.spare, p.failed, p.delay, p.first = nil, 0, nil, 0, nil
	p.mu.Unlock()
	endAll(old)
	if fresh != nil {
		p.makeReady(fresh)
	}
}

// isOld reports whether a process was started before the last Reload. The caller holds
// p.mu.
func (p *pool) isOld(proc *process) bool { return proc.generation != p.generation }
