package procpool

import (
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"

	"imgpipe/netpipe/internal/cgroup"
	"imgpipe/netpipe/internal/fdio"
)

// A supervisor starts processes and waits for them.
type supervisor struct {
	limits      Limits
	oomScoreAdj string
	log         *slog.Logger
	unlimited   sync.Once    // for noteUnlimited
	cgroups     *cgroup.Tree // nil: there are none
	ungrouped   sync.Once    // for startGrouped

	sigchld  chan os.Signal    // holds one: processes have died since the last reap
	requests chan startRequest // for startAll; closed when no more will be started
	noMore   chan struct{}     // closed when startAll starts no more
	allDead  chan struct{}     // closed when, after that, every process has been waited for
	running  sync.WaitGroup    // startAll, reapAll and process.watch

	starting sync.Mutex // held from a fork until the process is in alive

	mu     sync.Mutex // a process is either waited for or killed, never both at once
	alive  map[int]*process
	counts Counts // without Ready and Working
}

// A startRequest asks startAll for a process.
type startRequest struct {
	program *program
	args    []string       // behind those of the program
	onOver  func(*process) // called when the process is over
	reply   chan<- started
}

type started struct {
	process *process
	err     error
}

// newSupervisor starts the goroutines that start and reap processes. stop ends them.
func newSupervisor(config Config) *supervisor {
	s := &supervisor{
		limits:      config.Limits,
		oomScoreAdj: oomScoreAdj(),
		cgroups:     config.Cgroups,
		log:         config.Log,

		sigchld:  make(chan os.Signal, 1),
		requests: make(chan startRequest),
		noMore:   make(chan struct{}),
		allDead:  make(chan struct{}),
		alive:    map[int]*process{},
	}
	signal.Notify(s.sigchld, syscall.SIGCHLD) // before there is a process that may die
	s.running.Go(s.startAll)
	s.running.Go(s.reapAll)
	return s
}

// start starts a process of a program, with more arguments than the program has. When the
// process is over, onOver is called.
func (s *supervisor) start(prog *program, onOver func(*process), args ...string) (*process, error) {
	reply := make(chan started, 1)
	s.requests <- startRequest{prog, args, onOver, reply}
	r := <-reply
	return r.process, r.err
}

// stop returns when every process has been waited for. start must not be called any
// more, and the owner of a process ends the process.
func (s *supervisor) stop() {
	close(s.requests)
	s.running.Wait()
}

// startAll starts processes on request, all on one thread, which outlives them: the
// kernel sends Pdeathsig when the thread that started a process ends, not when the
// program does (golang/go#27505).
func (s *supervisor) startAll() {
	runtime.LockOSThread() // without Unlock: the thread ends with this goroutine
	for r := range s.requests {
		p, err := s.fork(r.program, r.args)
		if err == nil {
			s.running.Go(func() { p.watch(r.onOver) })
		}
		r.reply <- started{p, err}
	}
	close(s.noMore)
	<-s.allDead
}

// reapAll waits for processes as they die.
func (s *supervisor) reapAll() {
	defer close(s.allDead)
	defer signal.Stop(s.sigchld)
	noMore := s.noMore
	for noMore != nil || s.reap() > 0 {
		select {
		case <-s.sigchld:
			s.reap()
		case <-noMore:
			noMore = nil
		}
	}
}

// fork starts a program, with more arguments than it has, and with a pipe as each of
// stdin, stdout and stderr.
func (s *supervisor) fork(prog *program, args []string) (p *process, err error) {
	var theirs [3]int // ends of the pipes
	var ours [3]*os.File
	for i := range theirs {
		if theirs[i], ours[i], err = newPipe(i == 0); err != nil {
			fdio.CloseFiles(ours[:i]...)
			closeAll(theirs[:i])
			return nil, fmt.Errorf("start %s: %w", prog.path, err)
		}
	}
	defer closeAll(theirs[:])
	closeOnExec()
	s.starting.Lock()
	defer s.starting.Unlock()
	pid, group, err := s.startGrouped(prog, slices.Concat(prog.Args, args), &syscall.ProcAttr{
		Env:   prog.Env,
		Files: []uintptr{uintptr(theirs[0]), uintptr(theirs[1]), uintptr(theirs[2])},
		Sys:   processAttr(),
	})
	if err != nil {
		fdio.CloseFiles(ours[:]...)
		return nil, fmt.Errorf("start %s: %w", prog.path, err)
	}
	p = &process{
		supervisor: s,
		pid:        pid,
		stdin:      ours[0],
		stdout:     ours[1],
		stderr:     ours[2],
		exited:     make(chan struct{}),
		over:       make(chan struct{}),
		rest:       pipeSize,

		group:       group,
		peakAtStart: ownPeak(),
	}
	if s.add(p) {
		p.end()
	}
	return p, nil
}

// add puts p into alive, and reports whether p has died meanwhile: SIGCHLD may have come
// before p was in alive.
func (s *supervisor) add(p *process) (died bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alive[p.pid] = p
	s.counts.Started++
	return s.reapOne(p)
}

// newPipe makes a pipe to the filter, or from it. The filter's end blocks, as
// programs expect; ours does not.
func newPipe(toFilter bool) (theirs int, ours *os.File, err error) {
	r, w, err := pipeCloseOnExec()
	if err != nil {
		return 0, nil, os.NewSyscallError("pipe", err)
	}
	theirs, fd := w, r
	if toFilter {
		theirs, fd = r, w
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		closeAll([]int{r, w})
		return 0, nil, os.NewSyscallError("fcntl", err)
	}
	return theirs, os.NewFile(uintptr(fd), "pipe"), nil
}

// closeOnExecEach does the work of closeOnExec for each descriptor.
func closeOnExecEach() {
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		return
	}
	for _, entry := range open {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}

func closeAll(fds []int) {
	for _, fd := range fds {
		syscall.Close(fd)
	}
}

// reap waits, without blocking, for the processes that have died, and returns how
// many live. As PID 1 this program is also the parent of every process that loses
// its own, and reap waits for those too.
func (s *supervisor) reap() int {
	dead, alive := s.reapDead()
	for _, p := range dead {
		p.end()
	}
	return alive
}

// reapDead is reap without process.end, and returns the processes that need that.
func (s *supervisor) reapDead() (dead []*process, alive int) {
	isInit := os.Getpid() == 1
	if isInit {
		s.starting.Lock()
		defer s.starting.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.alive {
		if s.reapOne(p) {
			dead = append(dead, p)
		}
	}
	if isInit {
		dead = append(dead, s.reapOthers()...)
	}
	return dead, len(s.alive)
}

// reapOne waits for p's leader if that has died. Before that, what is left of its group is
// killed: until then no other process can get the group's number. The caller holds s.mu,
// and calls p.end without it if the leader had died.
func (s *supervisor) reapOne(p *process) (died bool) {
	if deadChild(p.pid) != p.pid {
		return false
	}
	_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	var used syscall.Rusage
	p.status, used = waitFor(p.pid)
	p.used = usageOf(&used, p.peakAtStart)
	p.reaped = true
	s.countEnd(p)
	delete(s.alive, p.pid)
	return true
}

// reapOthers waits for every process that has died, and returns those that are the pools'.
// The caller holds s.mu and s.starting.
func (s *supervisor) reapOthers() (dead []*process) {
	for {
		pid := deadChild(-1)
		if pid == 0 {
			return dead
		}
		if p := s.alive[pid]; p != nil { // it died just now
			if s.reapOne(p) {
				dead = append(dead, p)
			}
		} else {
			_, _ = waitFor(pid)
		}
	}
}

// waitFor waits for a child that has died, and returns what it has taken.
func waitFor(pid int) (status syscall.WaitStatus, used syscall.Rusage) {
	for {
		if _, err := syscall.Wait4(pid, &status, 0, &used); err != syscall.EINTR {
			return status, used
		}
	}
}
