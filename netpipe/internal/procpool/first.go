package procpool

import (
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// addFirst starts the first process.
func (p *Pool) addFirst() error {
	proc, err := p.startChecked(firstLook)
	if err != nil {
		return err
	}
	p.first = proc
	p.makeReady(proc)
	return nil
}

// How long New and Reload wait for the end of a process that refuses its command line.
// New has a server wait; Refused has what takes longer. No connection waits for Reload.
const (
	firstLook  = 100 * time.Millisecond
	reloadLook = time.Second
)

// startChecked starts a process. A worker has answered by then; any other process
// startChecked watches for a time, whether it refuses its command line.
func (p *Pool) startChecked(look time.Duration) (*process, error) {
	proc, err := p.start()
	if err != nil || p.config.Reuse > 0 {
		return proc, err
	}
	select {
	case <-proc.over:
		if err := proc.commandLineError(); err != nil {
			fdio.CloseFiles(proc.stdin, proc.stdout)
			return nil, err
		}
	case <-time.After(look):
	}
	return proc, nil
}

// Refused returns a channel that gets an ErrCommandLine if the first process refuses its
// command line after New has returned, and before a process is taken.
func (p *Pool) Refused() <-chan error { return p.refused }
