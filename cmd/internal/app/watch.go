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
	temps map[*Output]bool
	end   func()
}

func newWatch() *watch {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	w := &watch{temps: map[*Output]bool{}}
	w.end = func() {
		signal.Stop(signals)
		close(done)
	}
	go func() {
		select {
		case s := <-signals:
			w.mu.Lock() // never unlocked: no other file is made
			for o := range w.temps {
				_ = o.remove()
			}
			signal.Reset(s)
			_ = syscall.Kill(os.Getpid(), s.(syscall.Signal))
		case <-done:
		}
	}()
	return w
}

// create makes the temporary file of o. A signal that comes before forget is called
// removes the file. The lock makes a signal that comes during create wait for its end.
func (w *watch) create(o *Output) (file *os.File, forget func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	file, err = os.OpenFile(o.temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, nil, err
	}
	w.temps[o] = true
	return file, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.temps, o)
	}, nil
}
