package procpool

import (
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// addFirst starts the first process.
func (p *Pool) addFirst() error {
	proc, err := p.startChecked()
	if err != nil {
		return err
	}
	p.first = proc
	p.makeReady(proc)
	return nil
}

// firstLook is how long New waits for the end of a process that refuses its command
// line. Refused has that of a process that takes longer.
const firstLook = 100 * time.Millisecond

// startChecked starts a process. A worker has answered by then; of any other process
// startChecked looks whether it refuses its command line.
func (p *Pool) startChecked() (*process, error) {
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
	case <-time.After(firstLook):
	}
	return proc, nil
}

// Refused returns a channel that gets an ErrCommandLine if the first process refuses its
// command line after New has returned, and before a process is taken.
func (p *Pool) Refused() <-chan error { return p.refused }
