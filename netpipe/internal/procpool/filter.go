package procpool

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"imgpipe/netpipe/internal/cgroup"
)

// Files is the number of descriptors that this program has open for each process.
const Files = 3

// A Config says what a Filter starts.
type Config struct {
	Programs     []Program     // of each, the output is the input of the next
	Size         int           // processes of each program that are started ahead; 0: each is started by Take
	Reuse        int           // requests that one process serves, as a worker; 0: the processes are not workers
	StartTimeout time.Duration // how long a worker may take to answer the greeting; 0 means no limit
	Limits       Limits        // of each process
	Cgroups      *cgroup.Tree  // in which each process gets a cgroup; nil: none does
	Log          *slog.Logger
}

// A Program is one of a Filter.
type Program struct {
	Args   []string // its name, which is looked for in PATH and beside this program, and its arguments
	Env    []string // its environment, as NAME=VALUE; nil: that of this program
	Params bool     // it takes the parameters of an invocation
}

// A Filter keeps a pool of processes for each of its programs. Of several programs, the
// output of each is the input of the next.
type Filter struct {
	supervisor *supervisor
	pools      []*pool
	names      []string // of the programs, for messages and the log
	refused    chan error
	reloading  sync.Mutex // held by Reload
}

// New looks for the programs, of which there must be one at least, and, unless Size is 0,
// starts the first process of each. A program that cannot be executed is an error; so is one
// that refuses its command line, which is ErrCommandLine, and one that is not a worker but
// should be, which is ErrNotWorker, or ErrNoParams if it is a worker without parameters.
func New(config Config) (*Filter, error) {
	var programs []*program
	for _, p := range config.Programs {
		prog, err := newProgram(p)
		if err != nil {
			return nil, err
		}
		programs = append(programs, prog)
	}
	f := &Filter{
		supervisor: newSupervisor(config),
		names:      programNames(config.Programs),
		refused:    make(chan error, len(programs)),
	}
	for i, prog := range programs {
		p := newPool(config, f.supervisor, prog)
		p.onRefused = func(err error) { f.refused <- f.named(i, err) }
		if len(programs) > 1 {
			p.log = p.log.With("program", f.names[i])
		}
		f.pools = append(f.pools, p)
	}
	err := f.each(func(_ int, p *pool) error { return p.addFirst() })
	for _, p := range f.pools {
		if err == nil {
			go p.fill()
		} else {
			close(p.filled)
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// programNames returns the names of programs. Of those that have one name, the later ones
// are told apart by their places.
func programNames(programs []Program) (names []string) {
	seen := map[string]bool{}
	for i, p := range programs {
		name := filepath.Base(p.Args[0])
		if seen[name] {
			name = fmt.Sprintf("%s (program %d)", name, i+1)
		}
		seen[name] = true
		names = append(names, name)
	}
	return names
}

// named adds the program to an error, if there are several.
func (f *Filter) named(i int, err error) error {
	if err == nil || len(f.pools) == 1 {
		return err
	}
	return fmt.Errorf("%s: %w", f.names[i], err)
}

// each calls do for all pools at once, and returns the error of the first program that
// has one.
func (f *Filter) each(do func(i int, p *pool) error) error {
	errs := make([]error, len(f.pools))
	var calls sync.WaitGroup
	for i, p := range f.pools {
		calls.Go(func() { errs[i] = do(i, p) })
	}
	calls.Wait()
	for i, err := range errs {
		if err != nil {
			return f.named(i, err)
		}
	}
	return nil
}

// Take returns an invocation of the filter: of processes that are ready, else of new
// ones. While processes of a program die by themselves the error is ErrNotReady. Those that
// take params get them. Those that are started for the invocation alone, and not ahead, have
// env in their environment, as NAME=VALUE.
func (f *Filter) Take(params []Param, env ...string) (Invocation, error) {
	links := make([]Invocation, 0, len(f.pools))
	for i, p := range f.pools {
		link, err := p.take(params, env)
		if err != nil {
			for _, unused := range links {
				unused.Release()
			}
			return nil, f.named(i, err)
		}
		links = append(links, link)
	}
	if len(links) == 1 {
		return links[0], nil
	}
	return newChain(f.names, links), nil
}

// Err returns why Take would fail at the moment: an error of the last process of a
// program, or nil.
func (f *Filter) Err() error {
	for i, p := range f.pools {
		if err := p.err(); err != nil {
			return f.named(i, err)
		}
	}
	return nil
}

// Files returns how many descriptors this program has open for each invocation.
func (f *Filter) Files() int { return Files * len(f.pools) }

// Refused returns a channel that gets an ErrCommandLine if the first process of a program
// refuses its command line after New has returned, and before a process is taken.
func (f *Filter) Refused() <-chan error { return f.refused }

// Close ends the processes that are ready, and waits for all processes. Invocations that
// are not released keep it waiting.
func (f *Filter) Close() {
	for _, p := range f.pools {
		p.close()
	}
	f.supervisor.stop()
}
