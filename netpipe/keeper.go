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

// A keeper starts processes and waits for them, all in one goroutine on one
// thread: Pdeathsig comes when the thread that started a process ends, not when
// this process does (golang/go#27505).
type keeper struct {
	path      string
	argv, env []string
	idle      func(*process) // called when a process is over

	requests chan chan<- started
	ended    chan struct{} // closed when every process has been waited for
	minders  sync.WaitGroup

	mu sync.Mutex // a process is waited for, or killed: never both at once
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
		requests: make(chan chan<- started),
		ended:    make(chan struct{}),
	}
	go k.run()
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
	<-k.ended
	k.minders.Wait()
}

// run starts processes as they are asked for and waits for those that die.
func (k *keeper) run() {
	defer close(k.ended)
	runtime.LockOSThread() // and never unlocked: the thread ends here as well
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	defer signal.Stop(died)

	alive := map[int]*process{}
	requests := k.requests
	for requests != nil || len(alive) > 0 {
		select {
		case reply, ok := <-requests:
			if !ok {
				requests = nil
				continue
			}
			p, err := k.start()
			if err == nil {
				alive[p.pid] = p
				k.minders.Go(func() { p.mind(k.idle) })
			}
			reply <- started{p, err}
		case <-died:
			k.reap(alive)
		}
	}
}

// start starts the filter in path. The caller must be on the keeper's thread.
func (k *keeper) start() (p *process, err error) {
	var pipes [6]*os.File // read end, write end of stdin, stdout, stderr
	defer func() {
		if err != nil {
			closeFiles(pipes[:]...)
			return
		}
		closeFiles(pipes[0], pipes[3], pipes[5])
	}()
	for i := 0; i < len(pipes); i += 2 {
		if pipes[i], pipes[i+1], err = os.Pipe(); err != nil {
			return nil, err
		}
	}
	// Fd also makes the filter's end a blocking one, which programs expect.
	pid, err := syscall.ForkExec(k.path, k.argv, &syscall.ProcAttr{
		Env:   k.env,
		Files: []uintptr{pipes[0].Fd(), pipes[3].Fd(), pipes[5].Fd()},
		Sys:   groupLeader(),
	})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", k.path, err)
	}
	return &process{
		keeper: k,
		pid:    pid,
		stdin:  pipes[1],
		stdout: pipes[2],
		stderr: pipes[4],
		exited: make(chan struct{}),
		over:   make(chan struct{}),
	}, nil
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

// reap waits for those of the processes that have died, without blocking. A
// leader's death is its group's: the number can't belong to another group in
// the moment between the wait and the kill.
func (k *keeper) reap(alive map[int]*process) {
	k.mu.Lock()
	defer k.mu.Unlock()
	dead := func(p *process, status syscall.WaitStatus) {
		p.reaped = true
		_ = syscall.Kill(-p.pid, syscall.SIGKILL)
		delete(alive, p.pid)
		p.status = status
		_ = p.stderr.SetReadDeadline(time.Now().Add(grace))
		close(p.exited)
	}
	var status syscall.WaitStatus
	if os.Getpid() == 1 { // whatever loses its parent becomes ours
		for {
			pid, err := wait(-1, &status)
			if err != nil || pid <= 0 {
				return
			}
			if p := alive[pid]; p != nil {
				dead(p, status)
			}
		}
	}
	for _, p := range alive {
		if pid, _ := wait(p.pid, &status); pid == p.pid {
			dead(p, status)
		}
	}
}

func wait(pid int, status *syscall.WaitStatus) (int, error) {
	for {
		got, err := syscall.Wait4(pid, status, syscall.WNOHANG, nil)
		if err != syscall.EINTR {
			return got, err
		}
	}
}
