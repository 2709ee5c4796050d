package netpipe

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// A keeper starts processes and waits for them.
type keeper struct {
	path      string
	argv, env []string
	idle      func(*process) // called when a process is over

	died     chan os.Signal // holds one: some have died since they were last waited for
	requests chan chan<- started
	noMore   chan struct{} // closed when no more will be started
	reaped   chan struct{} // closed when, after that, every process has been waited for
	workers  sync.WaitGroup

	starting sync.Mutex // held from a fork until the process is in alive

	mu    sync.Mutex // a process is waited for, or killed: never both at once
	alive map[int]*process
}

type started struct {
	*process
	err error
}

// newKeeper finds the filter, in PATH or else beside this program, and starts
// the keeper of its processes.
func newKeeper(filter []string, idle func(*process)) (*keeper, error) {
	if len(filter) == 0 {
		return nil, errors.New("no filter")
	}
	path, err := lookFilter(filter[0])
	if err != nil {
		return nil, err
	}
	k := &keeper{
		path: path, argv: filter, env: os.Environ(), idle: idle,
		died:     make(chan os.Signal, 1),
		requests: make(chan chan<- started),
		noMore:   make(chan struct{}),
		reaped:   make(chan struct{}),
		alive:    map[int]*process{},
	}
	signal.Notify(k.died, syscall.SIGCHLD) // before there is any that may die
	k.workers.Go(k.startAll)
	k.workers.Go(k.reapAll)
	return k, nil
}

func lookFilter(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil || filepath.Base(name) != name {
		return path, err
	}
	self, selfErr := os.Executable()
	if selfErr != nil {
		return "", err
	}
	if path, besideErr := exec.LookPath(filepath.Join(filepath.Dir(self), name)); besideErr == nil {
		return path, nil
	}
	return "", err
}

// process starts one.
func (k *keeper) process() (*process, error) {
	reply := make(chan started, 1)
	k.requests <- reply
	s := <-reply
	return s.process, s.err
}

// stop returns when all processes have been waited for. No call of process may
// follow, and whoever has a process ends it.
func (k *keeper) stop() {
	close(k.requests)
	k.workers.Wait()
}

// startAll starts processes as they are asked for, all on one thread, which
// outlives them: Pdeathsig comes when the thread that started a process ends,
// not when this process does (golang/go#27505).
func (k *keeper) startAll() {
	runtime.LockOSThread() // and never unlocked: the thread ends here as well
	for reply := range k.requests {
		p, err := k.start()
		if err == nil {
			k.workers.Go(func() { p.mind(k.idle) })
		}
		reply <- started{p, err}
	}
	close(k.noMore)
	<-k.reaped
}

// reapAll waits for processes as they die.
func (k *keeper) reapAll() {
	defer close(k.reaped)
	defer signal.Stop(k.died)
	noMore := k.noMore
	for noMore != nil || k.reap() > 0 {
		select {
		case <-k.died:
			k.reap()
		case <-noMore:
			noMore = nil
		}
	}
}

// start starts the filter.
func (k *keeper) start() (p *process, err error) {
	var theirs [3]int // ends of stdin, stdout, stderr
	var ours [3]*os.File
	for i := range theirs {
		if theirs[i], ours[i], err = pipe(i == 0); err != nil {
			closeFiles(ours[:i]...)
			closeAll(theirs[:i])
			return nil, fmt.Errorf("start %s: %w", k.path, err)
		}
	}
	defer closeAll(theirs[:])
	k.starting.Lock()
	defer k.starting.Unlock()
	pid, err := syscall.ForkExec(k.path, k.argv, &syscall.ProcAttr{
		Env:   k.env,
		Files: []uintptr{uintptr(theirs[0]), uintptr(theirs[1]), uintptr(theirs[2])},
		Sys:   groupLeader(),
	})
	if err != nil {
		closeFiles(ours[:]...)
		return nil, fmt.Errorf("start %s: %w", k.path, err)
	}
	p = &process{
		keeper: k,
		pid:    pid,
		stdin:  ours[0],
		stdout: ours[1],
		stderr: ours[2],
		exited: make(chan struct{}),
		over:   make(chan struct{}),
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.alive[pid] = p
	k.reapOne(p) // its signal may have come before it was there
	return p, nil
}

// pipe makes a pipe to the filter, or from it. The filter's end blocks, as
// programs expect.
func pipe(toFilter bool) (theirs int, ours *os.File, err error) {
	r, w, err := pipeOnExec()
	if err != nil {
		return 0, nil, os.NewSyscallError("pipe", err)
	}
	theirs, mine := w, r
	if toFilter {
		theirs, mine = r, w
	}
	if err := syscall.SetNonblock(mine, true); err != nil {
		closeAll([]int{r, w})
		return 0, nil, os.NewSyscallError("fcntl", err)
	}
	return theirs, os.NewFile(uintptr(mine), "pipe"), nil
}

func closeAll(fds []int) {
	for _, fd := range fds {
		syscall.Close(fd)
	}
}

func closeFiles(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
}

// grace is what a stderr that outlives its process's group gets, to be read to
// its end. It isn't part of anything: some daemon has it.
const grace = 100 * time.Millisecond

// reap waits for those of the processes that have died, without blocking, and
// returns how many live.
func (k *keeper) reap() int {
	if os.Getpid() == 1 { // whatever loses its parent becomes ours
		k.starting.Lock()
		defer k.starting.Unlock()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.alive {
		k.reapOne(p)
	}
	if os.Getpid() == 1 {
		k.reapOthers()
	}
	return len(k.alive)
}

// reapOne waits for p if it has died. Its group dies with it: the number can't
// belong to another group in the moment between the wait and the kill. The
// caller holds k.mu.
func (k *keeper) reapOne(p *process) {
	if pid, _ := wait(p.pid, &p.status); pid == p.pid {
		k.buried(p)
	}
}

// reapOthers waits for every process that has died. The caller holds k.mu and
// k.starting.
func (k *keeper) reapOthers() {
	for {
		var status syscall.WaitStatus
		pid, err := wait(-1, &status)
		if err != nil || pid <= 0 {
			return
		}
		if p := k.alive[pid]; p != nil { // it died just now
			p.status = status
			k.buried(p)
		}
	}
}

// buried ends what is left of a process that has been waited for.
func (k *keeper) buried(p *process) {
	p.reaped = true
	_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	delete(k.alive, p.pid)
	_ = p.stderr.SetReadDeadline(time.Now().Add(grace))
	close(p.exited)
}

func wait(pid int, status *syscall.WaitStatus) (int, error) {
	for {
		got, err := syscall.Wait4(pid, status, syscall.WNOHANG, nil)
		if err != syscall.EINTR {
			return got, err
		}
	}
}
