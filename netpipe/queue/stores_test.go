package queue

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"imgpipe/netpipe/objects"
)

// A store that is busy slows the workers down, and no job fails or is tried again. The result
// has what the store told of the object, and its type.
func TestBusyStore(t *testing.T) {
	s := newScene(t, "")
	var busy atomic.Int64
	b := s.newBucket(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if busy.Add(-1) >= 0 {
				rw.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			h.ServeHTTP(rw, r)
		})
	})
	for _, key := range []string{"in/a", "in/b"} {
		b.put(objects.Object{Key: key, ContentType: "text/plain", Metadata: map[string]string{"Camera": "K 3"}}, "read write:10\n")
	}
	b.addAll(2)
	busy.Store(5) // more than tries
	w := s.work(func(w *Worker) { w.Stores = b.options })
	s.ended(Done, Done)
	w.stop()
	s.count(Counts{Added: 2, Done: 2})
	in, err := b.store.Stat(t.Context(), "in/a")
	if err != nil {
		t.Fatal(err)
	}
	out, err := b.store.Stat(t.Context(), "out/a")
	if err != nil || out.Source != in.ETag || out.Metadata["Camera"] != "K 3" || out.ContentType != "application/octet-stream" || out.Size != 10 {
		t.Errorf("the result: %+v, %v", out, err)
	}
}

// A store that fails as a whole has its requests wait: no try is counted, and the log says so
// once. What fails by its object alone is tried and fails as others do.
func TestStoreIsOut(t *testing.T) {
	internal := answerWith(http.StatusInternalServerError, "InternalError")
	all := func(*http.Request) bool { return true }
	withBody := func(r *http.Request) bool { return r.Method != http.MethodHead } // else it is a denial
	ofA := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "in/a") }
	objectsAndLists := func(r *http.Request) bool {
		return strings.Contains(r.URL.Path, "/in/") || r.URL.Query().Has("list-type")
	}
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		to     func(*http.Request) bool
		n      int64 // of these requests
		want   []Outcome
	}{
		{"connections break off", breakOff, all, 10, []Outcome{Done, Done}},
		{"internal errors", internal, all, 10, []Outcome{Done, Done}},
		{"a gateway alone", answerWith(http.StatusBadGateway, ""), all, 10, []Outcome{Done, Done}},
		{"no such bucket", answerWith(http.StatusNotFound, "NoSuchBucket"), all, 10, []Outcome{Done, Done}},
		{"the login is over", answerWith(http.StatusBadRequest, "ExpiredToken"), all, 10, []Outcome{Done, Done}},
		{"the login is wrong", answerWith(http.StatusForbidden, "InvalidAccessKeyId"), withBody, 10, []Outcome{Done, Done}},
		{"connections break off for an object", breakOff, ofA, 1 << 60, []Outcome{Again, Failed, Done}},
		{"internal errors for an object", internal, ofA, 1 << 60, []Outcome{Again, Failed, Done}},
		{"internal errors for all objects, and for lists", internal, objectsAndLists, 1 << 60, []Outcome{Again, Again, Failed, Failed}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t, "")
			options := s.addObjects([]string{"in/a", "in/b"}, test.n, test.to, test.answer)
			var log bytes.Buffer // the handler has a lock
			w := s.work(func(w *Worker) {
				w.Stores, w.Tries, w.Log = options, 2, slog.New(slog.NewTextHandler(&log, nil))
			})
			s.ended(test.want...)
			w.stop()
			least, most := 0, 0
			if !slices.Contains(test.want, Failed) {
				least, most = 1, 1
			}
			for _, line := range []string{"out of use: its requests wait", "the store is in use again"} {
				// The second line comes after some requests.
				if n := strings.Count(log.String(), line); n > most || n < least && line != "the store is in use again" {
					t.Errorf("%q is %d times in the log, want %d to %d:\n%s", line, n, least, most, log.String())
				}
			}
		})
	}
}

// A store without lists is in use if it answers another request after one has failed: the fault
// is that of the object, and no request waits for it. There is a pause before the second request.
func TestListsFail(t *testing.T) {
	var log bytes.Buffer
	store := &listless{}
	p := newPacedStore(store, true, slog.New(slog.NewTextHandler(&log, nil)))
	store.whileChecked = func() {
		if _, _, err := p.get(t.Context(), "good", time.Now()); err != nil {
			t.Error(err)
		}
	}
	begun := time.Now()
	if _, _, err := p.get(t.Context(), "bad", time.Now()); !errors.Is(err, errListless) {
		t.Errorf("want %v, got %v", errListless, err)
	}
	if took := time.Since(begun); store.bad != 2 || took < firstPause {
		t.Errorf("%d requests in %v, want 2 and a pause of %v", store.bad, took, firstPause)
	}
	if log.Len() > 0 {
		t.Errorf("the log says that requests wait:\n%s", log.String())
	}
	ctx, stop := context.WithCancel(t.Context())
	store.whileChecked = func() {
		if store.bad == 5 {
			stop()
		}
	}
	if _, _, err := p.get(ctx, "bad", time.Now()); !errors.Is(err, context.Canceled) {
		t.Errorf("no request is answered: want %v, got %v", context.Canceled, err)
	}
}

var errListless = errors.New("the store has no such thing")

// A listless store has no lists for Check, and fails to give one object.
type listless struct {
	objects.Store     // nil: no other method is called
	bad           int // requests for that object
	whileChecked  func()
}

func (l *listless) Get(_ context.Context, key string) (objects.Object, io.ReadCloser, error) {
	if key != "bad" {
		return objects.Object{}, nil, nil
	}
	l.bad++
	return objects.Object{}, nil, errListless
}

func (l *listless) Check(context.Context, time.Time) error {
	l.whileChecked()
	return errListless
}

// A content that breaks off while the store is out of use is no fault of the job.
func TestStoreIsOutWhileRead(t *testing.T) {
	s := newScene(t, "")
	const steps = "read write:10\n"
	var isOut, brokeOff atomic.Bool
	b := s.newBucket(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "in/a") && !brokeOff.Swap(true):
				isOut.Store(true)
				rw.Header().Set("Content-Length", "1000")
				rw.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
				_, _ = io.WriteString(rw, steps)
				_ = http.NewResponseController(rw).Flush()
				breakOff(rw, r)
			case isOut.Swap(false):
				breakOff(rw, r)
			}
			h.ServeHTTP(rw, r)
		})
	})
	b.put(objects.Object{Key: "in/a"}, steps)
	b.addAll(1)
	s.work(func(w *Worker) { w.Stores, w.Tries = b.options, 1 })
	s.ended(Again, Done)
}

// A directory that is not there, or is empty since before it had the object, is not mounted:
// its jobs wait. An object that was there later than that is gone.
func TestNotMounted(t *testing.T) {
	for _, test := range []struct {
		name   string
		vanish func(in string) error
		want   []Outcome
	}{
		{"the directory is not there", os.RemoveAll, []Outcome{Done}},
		{"the directory has been empty for long", func(in string) error {
			long := time.Now().Add(-time.Hour)
			if err := os.Remove(filepath.Join(in, "a")); err != nil {
				return err
			}
			return os.Chtimes(in, long, long)
		}, []Outcome{Done}},
		{"the directory is empty now", func(in string) error { return os.Remove(filepath.Join(in, "a")) }, []Outcome{Failed}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t, "")
			s.write("a", "read write:10")
			s.add(false, Added{Jobs: 1})
			if err := test.vanish(s.in); err != nil {
				t.Fatal(err)
			}
			waits := make(chan struct{}, 10)
			var worker *Worker
			w := s.work(func(w *Worker) {
				w.Tries, w.Log = 1, slog.New(&signal{"out of use", waits})
				worker = w
			})
			if test.want[0] == Done {
				<-waits
				if n := worker.StoresWaiting(); n != 1 {
					t.Errorf("%d stores wait, want 1", n)
				}
				s.write("a", "read write:10")
			}
			s.ended(test.want...)
			w.stop()
		})
	}
}
