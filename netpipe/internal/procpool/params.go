package procpool

import (
	"fmt"

	"imgpipe/netpipe/worker"
)

// A Param is a parameter of one invocation: an option of the filter.
type Param = worker.Param

// startFor starts a process of prog for one input with parameters. It is never ready: the pool
// does not try again what ends at once because of its parameters.
func (p *pool) startFor(prog *program, params []Param) (Invocation, error) {
	if err := p.err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotReady, err)
	}
	proc, err := p.supervisor.start(prog, p.processOver, arguments(params)...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotReady, err)
	}
	proc.hasParams = true
	return proc, nil
}

// arguments returns parameters as a command line has them. Each of them is one argument,
// so that no value is taken for another option, or for the name of a file.
func arguments(params []Param) (args []string) {
	for _, p := range params {
		args = append(args, "-"+p.Name+"="+p.Value)
	}
	return args
}

// exitError returns the ExitError of a filter, with ErrParams if that is what the status
// says.
func exitError(status string, code int, refusesParams bool) error {
	if refusesParams {
		return fmt.Errorf("%w: %w", ErrParams, &ExitError{status, code})
	}
	return &ExitError{status, code}
}
