package app

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// A watch removes temporary files when a signal ends the program.
type watch struct {
	mu    sync.Mutex
	temps map[string]bool
	end   func()
}

func newWatch() *watch {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	w := &watch{temps: map[string]bool{}}
	w.end = func() {
		signal.Stop(signals)
		close(done)
	}
	go func() {
		select {
		case s := <-signals:
			w.mu.Lock() // for good: nothing is begun any more
			for temp := range w.temps {
				os.Remove(temp)
			}
			signal.Reset(s)
			_ = syscall.Kill(os.Getpid(), s.(syscall.Signal))
		case <-done:
		}
	}()
	return w
}

// add has temp removed, should a signal come before forget is called.
func (w *watch) add(temp string) (forget func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.temps[temp] = true
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.temps, temp)
	}
}
