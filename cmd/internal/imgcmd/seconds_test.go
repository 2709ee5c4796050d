package imgcmd

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"imgpipe/filters"
)

// TestMeter: work that takes processor time for ever is given up, and cannot write
// any more.
func TestMeter(t *testing.T) {
	var out bytes.Buffer
	m := &meter{limit: 20 * time.Millisecond}
	w := m.writer(&out)
	var ended atomic.Bool
	writes, stopped := make(chan error, 1), make(chan struct{})
	err := m.run(func() error {
		defer close(stopped)
		for !ended.Load() { // work that takes the processor until the meter has ended
		}
		_, err := w.Write([]byte("late"))
		writes <- err
		return nil
	})
	if ofInput := new(filters.InputError); !errors.Is(err, errSeconds) || !errors.As(err, &ofInput) {
		t.Fatalf("error %v, want an InputError of errSeconds", err)
	}
	ended.Store(true)
	if err := <-writes; err == nil || out.Len() > 0 {
		t.Errorf("a write after the end: error %v and %d bytes, want an error and none", err, out.Len())
	}
	<-stopped
}

// TestMeterOfWork: what work returns comes out, and a panic as an error.
func TestMeterOfWork(t *testing.T) {
	broken := errors.New("broken")
	m := &meter{limit: time.Hour}
	if err := m.run(func() error { return broken }); err != broken {
		t.Errorf("error %v, want %v", err, broken)
	}
	if err := m.run(func() error { panic("at the disco") }); err == nil || err.Error() != "panic: at the disco" {
		t.Errorf("error %v, want the panic's", err)
	}
}

// TestMeterPerImage: each read and each write of a stream begins a new image.
func TestMeterPerImage(t *testing.T) {
	m := &meter{limit: time.Hour}
	r, w := m.perImage(strings.NewReader("image"), io.Discard)
	for name, step := range map[string]func() error{
		"read":  func() error { _, err := r.Read(make([]byte, 1)); return err },
		"write": func() error { _, err := w.Write([]byte("x")); return err },
	} {
		m.begun.Store(-1)
		if err := step(); err != nil || m.begun.Load() < 0 {
			t.Errorf("a %s: error %v, and the time goes on", name, err)
		}
	}
}
