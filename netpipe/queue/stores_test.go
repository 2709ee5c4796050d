package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"imgpipe/netpipe/objects"
	"imgpipe/netpipe/objects/s3test"
)

// answerWith answers a request with an error as S3 does.
func answerWith(status int, code string) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/xml")
		rw.WriteHeader(status)
		if r.Method != http.MethodHead {
			fmt.Fprintf(rw, `<?xml version="1.0"?><Error><Code>%s</Code><Message>why</Message></Error>`, code)
		}
	}
}

// breakOff answers with the end of the connection.
func breakOff(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

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

// addObjects makes objects in a bucket and adds their jobs. From then on, the store answers the
// next n requests that match by the function answer.
func (s *scene) addObjects(keys []string, n int64, match func(*http.Request) bool, answer http.HandlerFunc) objects.Options {
	s.t.Helper()
	var left atomic.Int64
	options := objects.Options{Endpoint: s3test.Fake(s.t, "photos", func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if match(r) && left.Add(-1) >= 0 {
				answer(rw, r)
				return
			}
			h.ServeHTTP(rw, r)
		})
	})}
	store, err := options.Open("s3://photos")
	if err != nil {
		s.t.Fatal(err)
	}
	const steps = "read write:10\n"
	for _, key := range keys {
		if err := store.Put(s.t.Context(), objects.Object{Key: key, Size: int64(len(steps))}, func() io.Reader { return strings.NewReader(steps) }); err != nil {
			s.t.Fatal(err)
		}
	}
	if added, err := s.queue.Add(s.t.Context(), Addition{In: s.location("s3://photos/in"), Out: s.location("s3://photos/out"), Stores: options}); err != nil || added.Jobs != len(keys) {
		s.t.Fatalf("Add: %+v, %v", added, err)
	}
	left.Store(n)
	return options
}

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
	options := objects.Options{Endpoint: s3test.Fake(t, "photos", func(h http.Handler) http.Handler {
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
	})}
	store, err := options.Open("s3://photos")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), objects.Object{Key: "in/a", Size: int64(len(steps))}, func() io.Reader { return strings.NewReader(steps) }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.queue.Add(t.Context(), Addition{In: s.location("s3://photos/in"), Out: s.location("s3://photos/out"), Stores: options}); err != nil {
		t.Fatal(err)
	}
	s.work(func(w *Worker) { w.Stores, w.Tries = options, 1 })
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

// Add waits for a store that is busy, also in the middle of its list, and ends with the error of
// one that is out of use.
func TestBusyWhileAdding(t *testing.T) {
	s := newScene(t, "")
	var out atomic.Bool
	pages := make(chan http.HandlerFunc, 10)
	options := objects.Options{Endpoint: s3test.Fake(t, "photos", func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			var answer http.HandlerFunc
			if r.URL.Query().Get("prefix") == "in/" {
				select {
				case answer = <-pages:
				default:
				}
			}
			if out.Load() {
				answer = breakOff
			}
			if answer == nil {
				answer = h.ServeHTTP
			}
			answer(rw, r)
		})
	})}
	store, err := options.Open("s3://photos")
	if err != nil {
		t.Fatal(err)
	}
	const n = 1001 // a page, and another one
	for i := range n {
		if err := store.Put(t.Context(), objects.Object{Key: fmt.Sprintf("in/%04d", i)}, func() io.Reader { return strings.NewReader("") }); err != nil {
			t.Fatal(err)
		}
	}
	add := func() (Added, error) {
		return s.queue.Add(t.Context(), Addition{In: s.location("s3://photos/in"), Out: s.location("s3://photos/out"), Stores: options})
	}
	busy := answerWith(http.StatusServiceUnavailable, "SlowDown")
	for _, answer := range []http.HandlerFunc{busy, nil, busy} { // nil: the first page
		pages <- answer
	}
	if added, err := add(); err != nil || added.Jobs != n {
		t.Errorf("busy: want %d jobs, got %+v, %v", n, added, err)
	}
	out.Store(true)
	if added, err := add(); err == nil {
		t.Errorf("out of use: got %+v without an error", added)
	}
}

// Results that are missing in a bucket are told by a list: of each result that is there, and of
// the first one, is asked.
func TestListMissing(t *testing.T) {
	s := newScene(t, "")
	var heads atomic.Int64
	options := objects.Options{Endpoint: s3test.Fake(t, "photos", func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				heads.Add(1)
			}
			h.ServeHTTP(rw, r)
		})
	})}
	store, err := options.Open("s3://photos")
	if err != nil {
		t.Fatal(err)
	}
	put := func(o objects.Object) {
		t.Helper()
		if err := store.Put(t.Context(), o, func() io.Reader { return strings.NewReader("") }); err != nil {
			t.Fatal(err)
		}
	}
	const n = 50
	for i := range n {
		put(objects.Object{Key: fmt.Sprintf("in/%d/a", i)})
	}
	a, err := store.Stat(t.Context(), "in/1/a")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name         string
		results      []objects.Object // that are there, too
		heads, dones int
	}{
		{"another one", []objects.Object{{Key: "out/x"}}, 1, 0},
		{"some", []objects.Object{{Key: "out/1/a", Source: a.ETag}, {Key: "out/49/a", Source: a.ETag}}, 3, 2},
		{"many between them", slices.Repeat([]objects.Object{{}}, 2*n+1), 40, 2}, // out/2/a and what comes behind it, in the order of text
		{"the first", []objects.Object{{Key: "out/0/a", Source: a.ETag}}, 40, 3},
	} {
		for i, o := range test.results {
			if o.Key == "" {
				o.Key = fmt.Sprintf("out/19/b/%03d", i)
			}
			put(o)
		}
		heads.Store(0)
		added, err := s.queue.Add(t.Context(), Addition{In: s.location("s3://photos/in"), Out: s.location("s3://photos/out"), Stores: options})
		if err != nil || added.Done != test.dones || added.Jobs+added.Waiting != n-test.dones || int(heads.Load()) != test.heads {
			t.Errorf("%s: want %d done by %d requests, got %+v by %d, %v", test.name, test.dones, test.heads, added, heads.Load(), err)
		}
	}
}
