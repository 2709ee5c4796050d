package procpool

import (
	"context"
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// addFirst starts the first process, unless Config.Size is 0.
func (p *pool) addFirst() error {
	if p.size == 0 {
		return nil
	}
	looking, enough := context.WithTimeout(context.Background(), firstLook)
	defer enough()
	proc, err := p.startChecked(looking)
	if err != nil {
		return err
	}
	p.first = proc
	p.makeReady(proc)
	return nil
}

// How long New and Reload wait for the end of a process that refuses its command line.
// New has a server wait; Filter.Refused has what takes longer. No connection waits for
// Reload.
const (
	firstLook  = 100 * time.Millisecond
	reloadLook = time.Second
)

// startChecked starts a process. A worker has answered by then; any other process
// startChecked watches until looking is done, whether it refuses its command line.
func (p *pool) startChecked(looking context.Context) (*process, error) {
	proc, err := p.start(p.program)
	if err != nil || p.config.Reuse > 0 {
		return proc, err
	}
	select {
	case <-proc.over:
		if err := proc.commandLineError(); err != nil {
			fdio.CloseFiles(proc.stdin, proc.stdout)
			return nil, err
		}
	case <-looking.Done():
	}
	return proc, nil
}
