package netpipe

import (
	"context"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"imgpipe/netpipe/internal/cgroup"
	"imgpipe/netpipe/internal/hop"
	"imgpipe/netpipe/internal/procpool"
	"imgpipe/netpipe/internal/spool"
	"imgpipe/netpipe/internal/tlsconn"
)

// A service is a Server that serves: what all its conns share.
type service struct {
	config    *Server
	log       *slog.Logger
	limiter   *connLimiter
	admission admission
	env       environment // of the filters
	filter    *procpool.Filter
	cgroups   *cgroup.Tree    // of the filters; nil: they have none
	held      spool.Budget    // answers, and what is read ahead of inputs
	ahead     spool.Budget    // of that, what is read ahead
	kept      spool.Budget    // output that another next hop may need
	next      *hop.Group      // of config.Next; nil without one
	tls       *tlsconn.Source // of the listeners; nil if none is with TLS
	loops     loopGuard

	draining context.Context // done: nothing new begins
	alive    context.Context // done: all conns are cut off

	beginning sync.Mutex
	finishing bool // no conn may begin any more; guarded by beginning

	conns  sync.WaitGroup
	lastID atomic.Uint64
	cutOff atomic.Int64 // conns that were cut off
}

// newService starts the filter.
func newService(s *Server, draining, alive context.Context) (*service, error) {
	if (s.AllowEmpty || s.NoHold) && s.usesUnixSocket() {
		return nil, ErrUnixSocket
	}
	if s.Reuse > 0 && s.Pool == 0 {
		return nil, ErrNoPool
	}
	if err := checkParams(s.Params); err != nil {
		return nil, err
	}
	if !s.NoHold {
		if err := spool.Check(); err != nil {
			return nil, err
		}
	}
	sv := &service{
		config:    s,
		log:       s.Log,
		admission: newAdmission(s),
		held:      spool.Budget{Limit: s.MaxHeld},
		ahead:     spool.Budget{Limit: maxAhead},
		kept:      spool.Budget{Limit: maxKept(s)},
		env:       filterEnvironment(os.Environ(), s.Env),
		loops:     newLoopGuard(),
		draining:  draining,
		alive:     alive,
	}
	if sv.log == nil {
		sv.log = slog.New(slog.DiscardHandler)
	}
	if err := sv.readTLS(); err != nil {
		return nil, err
	}
	var err error
	if sv.next, err = sv.newNext(); err != nil {
		return nil, err
	}
	commands, err := Programs(s.Filter)
	if err != nil {
		return nil, err
	}
	if sv.limiter, err = newConnLimiter(s, len(commands)); err != nil {
		return nil, err
	}
	sv.findCgroups()
	if sv.filter, err = s.startFilter(commands, sv.env, sv.cgroups, sv.log); err != nil {
		return nil, err
	}
	return sv, nil
}

// findCgroups finds what has been delegated.
func (sv *service) findCgroups() {
	if !sv.config.FilterCgroups {
		return
	}
	var err error
	if sv.cgroups, err = cgroup.Delegated(); err != nil {
		sv.log.Warn("filters run without cgroups of their own", "err", err)
	} else if sv.cgroups != nil {
		sv.log.Info("filters have cgroups of their own", "memory", sv.cgroups.HasMemory())
	}
}

// startFilter starts the filter of these commands. Its last program takes the parameters of
// requests.
func (s *Server) startFilter(commands [][]string, env environment, cgroups *cgroup.Tree, log *slog.Logger) (*procpool.Filter, error) {
	var programs []procpool.Program
	last := len(commands) - 1
	for _, argv := range commands[:last] {
		programs = append(programs, procpool.Program{Args: argv, Env: env.without(paramVariable)})
	}
	programs = append(programs, procpool.Program{Args: commands[last], Env: env, Params: len(s.Params) > 0})
	return procpool.New(procpool.Config{
		Programs: programs, Size: s.Pool, Reuse: s.Reuse, StartTimeout: s.StartTimeout,
		Limits:  procpool.Limits{Memory: s.FilterMemory, CPU: s.FilterCPU * time.Duration(max(s.Reuse, 1)), Nice: s.FilterNice},
		Cgroups: cgroups, Log: log,
	})
}

func (s *Server) usesUnixSocket() bool {
	isUnix := func(l net.Listener) bool { return l.Addr().Network() == "unix" }
	isUnixAddr := func(a Addr) bool { return a.Network == "unix" }
	return slices.ContainsFunc(s.Next, isUnixAddr) || slices.ContainsFunc(s.Listeners, isUnix) ||
		slices.ContainsFunc(s.Listen, func(a Addr) bool {
			name, isSocket := a.Socket()
			return isUnixAddr(a) || isSocket && slices.ContainsFunc(s.Sockets[name], isUnix)
		})
}

// begin counts a conn that begins; conns.Done must follow. It returns false while the
// server drains.
func (sv *service) begin() bool {
	sv.beginning.Lock()
	defer sv.beginning.Unlock()
	if sv.finishing || sv.draining.Err() != nil {
		return false
	}
	sv.conns.Add(1)
	return true
}

// finish waits for all conns.
func (sv *service) finish() {
	sv.beginning.Lock()
	sv.finishing = true
	sv.beginning.Unlock()
	sv.conns.Wait()
}

// close ends all processes and closes idle connections to the next hop.
func (sv *service) close() {
	sv.filter.Close()
	if sv.cgroups != nil {
		sv.cgroups.Close()
	}
	if sv.next != nil {
		sv.next.Close()
	}
}
