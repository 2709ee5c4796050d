package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"

	"imgpipe/cmd/internal/app"
	"imgpipe/netpipe"
)

// passedSockets returns the listeners that systemd has passed (sd_listen_fds(3)) by the
// names that listen has for them; under "" are those that it does not name. Each of them
// has to be used: to a socket that is not, clients would connect in vain.
func passedSockets(listen []netpipe.Addr) (map[string][]net.Listener, error) {
	sockets := map[string][]net.Listener{}
	for _, file := range activation.Files(true) {
		l, err := listenerOf(file)
		if err != nil {
			return nil, fmt.Errorf("the socket %s of systemd: %w", file.Name(), err)
		}
		sockets[file.Name()] = append(sockets[file.Name()], l)
	}
	given := strings.Join(slices.Sorted(maps.Keys(sockets)), ", ")
	named := map[string]bool{}
	for _, at := range listen {
		if name, ok := at.Socket(); ok {
			named[name] = true
		}
	}
	for name := range named {
		switch {
		case len(sockets) == 0:
			return nil, app.Usagef("-listen systemd:%s, and systemd has passed no socket", name)
		case name != "" && sockets[name] == nil:
			return nil, app.Usagef("-listen systemd:%s, and the sockets of systemd are %s", name, given)
		}
	}
	for name, listeners := range sockets {
		switch {
		case named[name]:
		case named[""]:
			sockets[""] = append(sockets[""], listeners...)
		default:
			return nil, app.Usagef("nothing listens on the socket %s of systemd: use -listen systemd:%[1]s", name)
		}
	}
	return sockets, nil
}

// listenerOf returns the listener of a socket, and closes the file.
func listenerOf(file *os.File) (net.Listener, error) {
	defer file.Close()
	listens, err := unix.GetsockoptInt(int(file.Fd()), unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if err == nil && listens == 0 {
		err = errors.New("does not listen: it needs ListenStream= and Accept=no")
	}
	if err != nil {
		return nil, err
	}
	return net.FileListener(file)
}

// tellManager tells a service manager that has set NOTIFY_SOCKET when the server is
// ready and when it stops, and, if it has set WATCHDOG_USEC, that it is alive
// (sd_notify(3)). The function that it returns ends that.
func (s *server) tellManager(ctx context.Context) (stop func()) {
	over, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-s.Ready():
			tell(daemon.SdNotifyReady)
		case <-over:
			return
		}
		var alive <-chan time.Time
		if within, err := daemon.SdWatchdogEnabled(false); err == nil && within > 0 {
			ticker := time.NewTicker(within / 2)
			defer ticker.Stop()
			alive = ticker.C
		}
		stopping := ctx.Done()
		for {
			select {
			case <-alive:
				tell(daemon.SdNotifyWatchdog)
			case <-stopping:
				tell(daemon.SdNotifyStopping)
				stopping = nil
			case <-over:
				return
			}
		}
	}()
	return func() {
		close(over)
		<-stopped
	}
}

// tellTimeout is how long a service manager may take to make room for a message.
const tellTimeout = time.Second

// tell sends a state to the service manager. One that is gone, or does not read, cannot be
// told. For the latter daemon.SdNotify would wait without end.
func tell(state string) {
	manager := &net.UnixAddr{Net: "unixgram", Name: os.Getenv("NOTIFY_SOCKET")}
	if manager.Name == "" {
		return
	}
	conn, err := net.DialUnix(manager.Net, nil, manager)
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetWriteDeadline(time.Now().Add(tellTimeout))
	_, _ = conn.Write([]byte(state))
}
