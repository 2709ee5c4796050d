package procpool

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// startLimited starts a program under the limits, and what it starts itself is under
// them too.
//
// The process stops when it is about to execute the program, as one that is traced does;
// it gets its limits and goes on, untraced. That costs no more than a few microseconds. A
// shell with ulimit, or this program again as a launcher, takes 0.6 to 1.2 ms, beside 1.7
// ms of a filter's own start. Limits of this program's own, lowered for the time of the
// fork, would end this program where it is beyond them, and a hard limit cannot be raised
// again. Limits that are set while the program runs miss what the program, such as a
// shell, has started already.
//
// A set-user-ID program that is traced does not get its rights, and in a sandbox this
// program may not be allowed to trace. Then the limits are set while the program runs: it
// has no input so far.
//
// The caller is the thread that starts all processes, which is their tracer.
func (s *supervisor) startLimited(prog *program, argv []string, attr *syscall.ProcAttr) (pid int, err error) {
	if prog.stopsAtExec {
		attr.Sys.Ptrace = true
		if pid, err = syscall.ForkExec(prog.path, argv, attr); err == nil && isStopped(pid) {
			limitErr := s.limits.apply(pid, s.oomScoreAdj)
			_ = syscall.PtraceDetach(pid) // if it fails, the process has been killed
			s.noteUnlimited(limitErr)
			return pid, nil
		}
		attr.Sys.Ptrace = false
	}
	pid, err = syscall.ForkExec(prog.path, argv, attr)
	if err != nil {
		return 0, err
	}
	prog.stopsAtExec = false
	s.noteUnlimited(s.limits.applyToAll(pid, s.oomScoreAdj))
	return pid, nil
}

// noteUnlimited says once that a process has no limits.
func (s *supervisor) noteUnlimited(err error) {
	if err != nil {
		s.unlimited.Do(func() { s.log.Warn("filters run without their limits", "err", err) })
	}
}

// isStopped waits for a process that stops when it executes its program. It returns false
// if the process has ended instead.
func isStopped(pid int) bool {
	status, _ := waitFor(pid)
	return status.Stopped()
}

// mayStopAtExec reports whether a program keeps its rights when it is traced.
func mayStopAtExec(path string) bool {
	info, err := os.Stat(path)
	if err != nil || info.Mode()&(os.ModeSetuid|os.ModeSetgid) != 0 {
		return false
	}
	size, _ := unix.Getxattr(path, "security.capability", nil)
	return size <= 0
}

// apply puts a process under the limits, where those that it has inherited are not
// narrower. The limit of memory is RLIMIT_DATA: RLIMIT_AS
// counts address space that is reserved only, of which a Go program has gigabytes.
func (l Limits) apply(pid int, oomScoreAdj string) error {
	for _, limit := range l.resources() {
		var inherited unix.Rlimit
		err := unix.Prlimit(pid, limit.resource, nil, &inherited)
		limit.Cur, limit.Max = min(limit.Cur, inherited.Max), min(limit.Max, inherited.Max)
		if err == nil {
			err = unix.Prlimit(pid, limit.resource, &limit.Rlimit, nil)
		}
		if err != nil && err != unix.ESRCH {
			return fmt.Errorf("prlimit: %w", err)
		}
	}
	if l.Nice > 0 {
		if err := l.renice(pid); err != nil {
			return fmt.Errorf("setpriority: %w", err)
		}
	}
	adjustOOMScore(pid, oomScoreAdj)
	return nil
}

// adjustOOMScore writes the oom_score_adj of a process, where this program may. It is done for
// each process, and package os would offer the file to the poller first.
func adjustOOMScore(pid int, score string) {
	fd, err := unix.Open("/proc/"+strconv.Itoa(pid)+"/oom_score_adj", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	_, _ = unix.Write(fd, []byte(score))
}

// renice makes all threads of a process group, which pid leads, nicer than this program. The
// kernel bounds the value.
func (l Limits) renice(pid int) error {
	const nicest = 20 // getpriority(2) returns 20 minus the niceness
	raw, err := unix.Getpriority(unix.PRIO_PROCESS, os.Getpid())
	if err == nil {
		err = unix.Setpriority(unix.PRIO_PGRP, pid, nicest-raw+l.Nice)
	}
	if err == unix.ESRCH { // it has ended
		return nil
	}
	return err
}

// applyToAll is apply to a process and to all that it has started.
func (l Limits) applyToAll(pid int, oomScoreAdj string) error {
	err := l.apply(pid, oomScoreAdj)
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid)) // none if the process is dead
	for _, child := range strings.Fields(string(children)) {
		if pid, notNumber := strconv.Atoi(child); notNumber == nil {
			err = errors.Join(err, l.applyToAll(pid, oomScoreAdj))
		}
	}
	return err
}

// A resourceLimit is one limit for setrlimit(2).
type resourceLimit struct {
	resource int
	unix.Rlimit
}

// resources returns the limits for setrlimit(2). All are hard limits. A program that does
// not handle SIGXCPU ends by it, with a status that says so; any other is killed a second
// later.
func (l Limits) resources() []resourceLimit {
	limits := []resourceLimit{{unix.RLIMIT_CORE, unix.Rlimit{}}}
	if l.Memory > 0 {
		limits = append(limits, resourceLimit{unix.RLIMIT_DATA, unix.Rlimit{Cur: uint64(l.Memory), Max: uint64(l.Memory)}})
	}
	if l.CPU > 0 {
		seconds := uint64(math.Ceil(float64(l.CPU) / float64(time.Second)))
		limits = append(limits, resourceLimit{unix.RLIMIT_CPU, unix.Rlimit{Cur: seconds, Max: seconds + 1}})
	}
	return limits
}

// closeOnExec has no program that is started from now on inherit a descriptor that this
// program has inherited, or that a library has opened for itself.
func closeOnExec() {
	const first, last = 3, math.MaxUint32
	if unix.CloseRange(first, last, unix.CLOSE_RANGE_CLOEXEC) != nil { // before Linux 5.11
		closeOnExecEach()
	}
}
