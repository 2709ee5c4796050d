package netpipe

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A Server puts a filter behind a listening socket. A time or a size of 0 is no
// limit.
type Server struct {
	Listen []Addr   // all have the same filters and limits
	Next   Addr     // where the filter's output goes, to come back as the answer; zero: it is the answer
	Filter []string // program and arguments; looked for in PATH and beside this program

	Reuse        int           // connections that one process serves, which is a worker then; 0: each has one to itself
	Pool         int           // processes started ahead; 0 starts each for its connection, without waiting for a byte to come
	Max          int           // connections that have a filter, at once
	Queue        int           // connections that wait for one; 0 lets none wait
	QueueTimeout time.Duration // how long they wait
	IdleTimeout  time.Duration // how long a client may be silent while input is wanted; how far it may fall behind 64 KiB/s in taking the answer
	Timeout      time.Duration // from the binding of a filter to the end of the answer
	DialTimeout  time.Duration // how long the next hop may refuse; it is dialled again and again
	Drain        time.Duration // how long what has begun may go on after the stop; 0 ends it at once

	MaxInput  int64 // bytes, while the filter takes them
	MaxAnswer int64 // bytes of one held answer
	MaxHeld   int64 // bytes of all held answers together

	Allow        []netip.Prefix // who may connect; none: everybody
	MaxPerSource int            // connections of one IPv4 address or IPv6 /64 at once

	AllowEmpty bool // an answer of 0 bytes is whole, and so is an input
	NoHold     bool // send the answer as it comes

	Log *slog.Logger // nil: none
}

// Defaults are a server's limits for one small machine.
func Defaults() Server {
	cores := runtime.GOMAXPROCS(0)
	return Server{
		Listen:       []Addr{{"tcp", "127.0.0.1:8888"}},
		Pool:         2 * cores,
		Max:          max(64, 16*cores),
		Queue:        1024,
		QueueTimeout: 30 * time.Second,
		IdleTimeout:  30 * time.Second,
		Timeout:      60 * time.Second,
		DialTimeout:  5 * time.Second,
		Drain:        30 * time.Second,
		MaxInput:     256 << 20,
		MaxAnswer:    256 << 20,
		MaxHeld:      4 << 30,
	}
}

// MaxWorkers is what Max should be with Reuse, in its place: workers at work are
// bound by the cores, and by nothing else where the input is there before.
func MaxWorkers() int { return 4 * runtime.GOMAXPROCS(0) }

// A service is a server that runs.
type service struct {
	*Server
	log       *slog.Logger
	pool      *pool
	door      *door
	admission admission
	held      budget
	link      *link // to Next

	draining context.Context // done: only what has begun goes on
	alive    context.Context // done: nothing does

	beginning sync.Mutex
	late      bool // the conns are waited for: no more may begin; guarded by beginning

	conns  sync.WaitGroup
	ids    atomic.Uint64
	killed atomic.Int64 // connections that were stopped before their end
}

// Serve listens and serves until stop is done. Then it accepts no more, gives
// what has begun Drain to end, and returns; what hasn't ended by then, or when
// kill is done, is cut off, and that is an error. So is a filter that can't be
// executed, or an address that can't be listened on.
func (s *Server) Serve(stop, kill context.Context) error {
	isUnix := func(a Addr) bool { return a.Network == "unix" }
	if (isUnix(s.Next) || slices.ContainsFunc(s.Listen, isUnix)) && (s.AllowEmpty || s.NoHold) {
		return errUnix
	}
	if s.Reuse > 0 && s.Pool == 0 {
		return errNoPool
	}
	sv := &service{
		Server:    s,
		log:       s.Log,
		admission: admission{max: s.Max, queue: s.Queue},
		held:      budget{limit: s.MaxHeld},
		link:      &link{addr: s.Next},
		draining:  stop,
	}
	if sv.log == nil {
		sv.log = slog.New(slog.DiscardHandler)
	}
	alive, cut := context.WithCancelCause(context.Background())
	sv.alive = alive
	defer cut(nil)
	defer sv.link.close()
	defer context.AfterFunc(kill, func() { cut(errStopped) })()

	var err error
	if sv.door, err = newDoor(s); err != nil {
		return err
	}
	if sv.pool, err = newPool(s, sv.log); err != nil {
		return err
	}
	defer sv.pool.close()
	var listeners []net.Listener
	for _, at := range s.Listen {
		l, err := listen(at)
		if err != nil {
			closeListeners(listeners)
			return err
		}
		listeners = append(listeners, l)
	}
	var web *web
	if slices.ContainsFunc(s.Listen, func(a Addr) bool { return a.Network == "http" }) {
		web = newWeb(sv)
		var running sync.WaitGroup
		running.Go(web.run)
		defer running.Wait()
	}
	var accepting sync.WaitGroup
	for i, l := range listeners {
		sv.announce(s.Listen[i].Network, l.Addr())
		take := sv.take
		if s.Listen[i].Network == "http" {
			take = web.take
		}
		accepting.Go(func() { sv.accept(l, take) })
	}
	accepting.Wait()

	sv.log.Info("draining", "within", s.Drain)
	timer := time.AfterFunc(s.Drain, func() { cut(errStopped) })
	defer timer.Stop()
	sv.beginning.Lock()
	sv.late = true
	sv.beginning.Unlock()
	sv.conns.Wait()
	if web != nil {
		web.stop()
	}
	if n := sv.killed.Load(); n > 0 {
		return fmt.Errorf("stopped; connections cut off: %d", n)
	}
	return nil
}

// errUnix is why some options don't go with unix sockets, which have no reset.
var errUnix = errors.New("over a unix socket an empty answer is the only sign of a failure: -no-hold and -allow-empty don't go with it")

// errNoPool is because one worker has to be there to know that it is one.
var errNoPool = errors.New("-reuse doesn't go with -pool 0")

// listen listens. A unix socket that nobody listens on any more is replaced.
func listen(at Addr) (net.Listener, error) {
	var config net.ListenConfig
	if at.Network != "http" {
		config.Control = resets
	}
	l, err := config.Listen(context.Background(), at.transport(), at.Address)
	if err != nil && at.Network == "unix" && errors.Is(err, syscall.EADDRINUSE) {
		old, dialErr := net.Dial(at.Network, at.Address)
		if dialErr == nil {
			old.Close()
		} else if errors.Is(dialErr, syscall.ECONNREFUSED) && os.Remove(at.Address) == nil {
			l, err = config.Listen(context.Background(), at.Network, at.Address)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("listen %s: %w", at, plain(err))
	}
	return l, nil
}

func closeListeners(all []net.Listener) {
	for _, l := range all {
		l.Close()
	}
}

// announce says where the server listens, which is news if the port was 0.
func (sv *service) announce(network string, at net.Addr) {
	text := at.String()
	if network == "http" {
		text = Addr{network, text}.String()
	}
	args := []any{"addr", text}
	if tcp, ok := at.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		args = append(args, "interfaces", "all")
	}
	sv.log.Info("listening", args...)
}

// accept has each connection taken, until the draining.
func (sv *service) accept(l net.Listener, take func(socket)) {
	defer l.Close()
	defer context.AfterFunc(sv.draining, func() { l.Close() })()
	const first, last = 5 * time.Millisecond, time.Second
	wait := first
	for {
		accepted, err := l.Accept()
		if sv.draining.Err() != nil {
			if err == nil {
				accepted.Close()
			}
			return
		}
		if err != nil { // no descriptors left, most likely
			sv.log.Warn("accept", "err", plain(err), "retry", wait)
			select {
			case <-time.After(wait):
			case <-sv.draining.Done():
			}
			wait = min(2*wait, last)
			continue
		}
		wait = first
		take(accepted.(socket))
	}
}

// begin counts a conn that begins on a connection which was there already, unless
// it's too late for that. conns.Done must follow.
func (sv *service) begin() bool {
	sv.beginning.Lock()
	defer sv.beginning.Unlock()
	if sv.late || sv.draining.Err() != nil {
		return false
	}
	sv.conns.Add(1)
	return true
}

// take has a raw connection served, if it may come in.
func (sv *service) take(s socket) {
	c := newConn(sv, &raw{s, sv.IdleTimeout})
	if _, err := sv.door.enter(s.RemoteAddr(), false); err != nil {
		c.refuse(err)
		return
	}
	sv.conns.Go(func() {
		defer sv.door.leave(s.RemoteAddr())
		defer s.Close()
		c.serve()
	})
}
