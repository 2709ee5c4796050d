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
			w.mu.Lock() // never unlocked: no other file is made
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

// create makes the file temp. A signal that comes before forget is called removes
// the file. The lock makes a signal that comes during create wait for its end.
func (w *watch) create(temp string) (file *os.File, forget func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	file, err = os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, nil, err
	}
	w.temps[temp] = true
	return file, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.temps, temp)
	}, nil
}
