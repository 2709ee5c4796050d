package queue

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"imgpipe/netpipe/objects"
)

// Objects that are denied hold up no others: their jobs are put off, and no try is counted, until
// a request of that kind was granted. Then the fault is theirs. If all are denied, no job fails.
func TestDenied(t *testing.T) {
	denied := answerWith(http.StatusForbidden, "AccessDenied")
	isList := func(r *http.Request) bool { return r.URL.Query().Has("list-type") }
	isOfD := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/d") }
	for _, test := range []struct {
		name string
		kind string
		to   func(*http.Request) bool // of that kind
		n    int64                    // of these requests are denied
		want Counts
	}{
		{"reads of all but one", http.MethodGet, func(r *http.Request) bool { return !isList(r) && !isOfD(r) }, 1 << 60, Counts{Added: 2, Done: 1, Failed: 1}},
		{"reads of all but one, and lists", http.MethodGet, func(r *http.Request) bool { return !isOfD(r) }, 1 << 60, Counts{Added: 2, Done: 1, Failed: 1}},
		{"looks at all but one", http.MethodHead, func(r *http.Request) bool { return !isOfD(r) }, 1 << 60, Counts{Added: 2, Done: 1, Failed: 1}},
		{"writes of all but one", http.MethodPut, func(r *http.Request) bool { return !isOfD(r) }, 1 << 60, Counts{Added: 2, Done: 1, Failed: 1}},
		{"all reads for a while", http.MethodGet, func(r *http.Request) bool { return !isList(r) }, 3, Counts{Added: 2, Done: 2}},
		{"all reads", http.MethodGet, func(r *http.Request) bool { return !isList(r) }, 1 << 60, Counts{Added: 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t, "")
			ofKind := func(r *http.Request) bool { return r.Method == test.kind && test.to(r) }
			options := s.addObjects([]string{"in/a", "in/d"}, test.n, ofKind, denied)
			var log bytes.Buffer // the handler has a lock
			w := s.work(func(w *Worker) {
				w.Jobs, w.Stores, w.Tries, w.Log = 1, options, 1, slog.New(slog.NewTextHandler(&log, nil))
			})
			if test.want.Done > 0 {
				s.count(test.want)
			} else {
				s.ended(Again, Again, Again, Again)
			}
			w.stop()
			if got, err := s.queue.Counts(t.Context()); err != nil || got.Done != test.want.Done || got.Failed != test.want.Failed {
				t.Errorf("want %+v, got %+v, %v", test.want, got, err)
			}
			for line, want := range map[string]int{"has denied each " + test.kind: 1, "has granted a " + test.kind: int(min(test.want.Done, 1)), "out of use": 0} {
				if got := strings.Count(log.String(), line); got != want {
					t.Errorf("%q is %d times in the log, want %d:\n%s", line, got, want, log.String())
				}
			}
		})
	}
}

// A folder denies a PUT by EACCES or EPERM. Once it has taken an object, a PUT that is denied is
// the fault of its object. Add ends with the first one.
func TestPutIsDenied(t *testing.T) {
	denials := map[string]error{
		"EACCES": &fs.PathError{Op: "openat", Path: "a", Err: syscall.EACCES},
		"EPERM":  &fs.PathError{Op: "openat", Path: "a", Err: syscall.EPERM},
	}
	for name, denied := range denials {
		t.Run(name, func(t *testing.T) {
			store := &putAnswers{answers: []error{denied, denied, nil, denied, denied}}
			p := newPacedStore(store, true, slog.New(slog.DiscardHandler))
			put := func() error {
				return p.put(t.Context(), objects.Object{Key: "a"}, func() io.Reader { return strings.NewReader("") })
			}
			for range 2 {
				if err := put(); !errors.Is(err, denied) || !errors.As(err, new(blameless)) || !p.isWaiting() {
					t.Errorf("before an object was taken: want %v, blameless, got %v; requests wait: %t", denied, err, p.isWaiting())
				}
			}
			if err := put(); err != nil || p.isWaiting() {
				t.Errorf("the object that is taken: %v; requests wait: %t", err, p.isWaiting())
			}
			if err := put(); !errors.Is(err, denied) || errors.As(err, new(blameless)) {
				t.Errorf("after an object was taken: want %v, got %v", denied, err)
			}
			if n := len(store.answers); n > 0 {
				t.Errorf("%d requests were not made", n)
			}
			store.answers = []error{denied}
			p = newPacedStore(store, false, slog.New(slog.DiscardHandler))
			if err := put(); !errors.Is(err, denied) || errors.As(err, new(blameless)) {
				t.Errorf("of add: want %v, got %v", denied, err)
			}
		})
	}
}

// A putAnswers is a store that gives one answer after the other to PUTs. Check finds no fault.
type putAnswers struct {
	objects.Store // nil: no other method is called
	answers       []error
}

func (p *putAnswers) Put(context.Context, objects.Object, func() io.Reader) error {
	err := p.answers[0]
	p.answers = p.answers[1:]
	return err
}

func (*putAnswers) Check(context.Context, time.Time) error { return nil }
