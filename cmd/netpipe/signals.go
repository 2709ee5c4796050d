package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/term"

	"imgpipe/netpipe"
)

// untilSignal returns a context that the first SIGTERM or SIGINT ends, a SIGTERM only
// after -drain-delay or with the next signal; one more cuts all connections off. SIGHUP
// replaces the filter's processes and the certificates, unless it says that the terminal
// is gone: then it is a SIGTERM. A SIGINT or SIGHUP that was ignored at the start stays
// ignored: a shell does that to programs in the background, and so does nohup.
func (s *server) untilSignal() context.Context {
	ctx, stop := context.WithCancel(context.Background())
	got := make(chan os.Signal, 8)
	signal.Notify(got, syscall.SIGTERM)
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} {
		if !signal.Ignored(sig) {
			signal.Notify(got, sig)
		}
	}
	onTerminal := hasTerminal()
	go func() {
		retired := false
		for sig := range got {
			switch {
			case sig == syscall.SIGHUP && (!onTerminal || hasTerminal()):
				go s.reload()
			case !retired && sig != syscall.SIGINT && s.drainDelay > 0:
				retired = true
				s.Log.Info("not ready any more", "drain in", s.drainDelay)
				s.Retire()
				time.AfterFunc(s.drainDelay, stop)
			case sig == syscall.SIGHUP:
				if !retired {
					stop()
				}
			case ctx.Err() == nil:
				stop()
			default:
				_ = s.Close()
			}
		}
	}()
	return ctx
}

// hasTerminal reports whether stderr is a terminal that has not been closed.
func hasTerminal() bool { return term.IsTerminal(int(os.Stderr.Fd())) }

// reload reads the files of tokens again, at once, and starts new filter processes.
func (s *server) reload() {
	tell(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
	defer tell(daemon.SdNotifyReady)
	for _, tokens := range []*netpipe.Tokens{s.Tokens, s.NextToken} {
		if tokens == nil {
			continue
		}
		if err := tokens.Reload(); err != nil {
			s.Log.Warn("reload: the old tokens stay", "err", err)
		}
	}
	s.Log.Info("reload: new filter processes are started")
	if err := s.Reload(); err != nil {
		s.Log.Warn("reload: the old filter processes stay", "err", err)
	}
}
