package queue

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"imgpipe/netpipe/objects"
)

// storeTimeout bounds a request to a store, but for the time in which its content is read.
const storeTimeout = 2 * time.Minute

// checkTimeout bounds Check of a store.
const checkTimeout = 20 * time.Second

// stores are the stores of jobs, each of which is opened once.
type stores struct {
	options objects.Options
	hold    bool // requests wait not only while a store is busy, but also while it is out of use
	log     *slog.Logger

	mu   sync.Mutex
	open map[string]*pacedStore
}

// A pacedStore is a store whose requests wait while they would fail by no fault of their own.
type pacedStore struct {
	store objects.Store
	hold  bool
	pace  pace

	looks, gives, takes right // HEAD, GET and PUT
}

// newPacedStore returns a store whose requests have not waited yet.
func newPacedStore(store objects.Store, hold bool, log *slog.Logger) *pacedStore {
	return &pacedStore{
		store: store, hold: hold,
		pace: pace{
			log: log, last: lastPause,
			slows: "a store is busy, full or out of use: its requests wait",
			ends:  "the store is in use again",
		},
		looks: newRight("HEAD", log), gives: newRight("GET", log), takes: newRight("PUT", log),
	}
}

func (s *stores) get(address string) (*pacedStore, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if there := s.open[address]; there != nil {
		return there, nil
	}
	store, err := s.options.Open(address)
	if err != nil {
		return nil, err
	}
	opened := newPacedStore(store, s.hold, s.log.With("store", address))
	if s.open == nil {
		s.open = map[string]*pacedStore{}
	}
	s.open[address] = opened
	return opened, nil
}

// waiting returns the number of stores whose requests wait.
func (s *stores) waiting() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, store := range s.open {
		if store.isWaiting() {
			n++
		}
	}
	return n
}

// isWaiting reports whether requests wait.
func (p *pacedStore) isWaiting() bool {
	return p.pace.isPaused() || p.looks.pace.isPaused() || p.gives.pace.isPaused() || p.takes.pace.isPaused()
}

// list is List of the store, which goes on behind the last object after a pause.
func (p *pacedStore) list(ctx context.Context, prefix, after string, each func(objects.Object) error) error {
	return p.do(ctx, time.Time{}, func() error {
		return p.store.List(ctx, prefix, after, func(o objects.Object) error {
			after = o.Key
			return each(o)
		})
	})
}

func (p *pacedStore) stat(ctx context.Context, key string) (o objects.Object, err error) {
	err = p.ask(ctx, &p.looks, time.Time{}, func() (err error) {
		ctx, done := context.WithTimeout(ctx, storeTimeout)
		defer done()
		o, err = p.store.Stat(ctx, key)
		return err
	})
	return o, err
}

// get returns an object that was in the store at the time seen.
func (p *pacedStore) get(ctx context.Context, key string, seen time.Time) (o objects.Object, content io.ReadCloser, err error) {
	err = p.ask(ctx, &p.gives, seen, func() (err error) {
		o, content, err = p.store.Get(ctx, key)
		return err
	})
	return o, content, err
}

// put writes an object.
func (p *pacedStore) put(ctx context.Context, o objects.Object, content func() io.Reader) error {
	return p.ask(ctx, &p.takes, time.Time{}, func() error {
		ctx, done := context.WithTimeout(ctx, storeTimeout)
		defer done()
		return p.store.Put(ctx, o, content)
	})
}

// do makes a request, again and again while the fault is the store's. An error is the request's
// own, and is returned, if the store is in use and the request fails after that too. The store
// is in use if Check says so, or if it has answered another request since the failure. Filled
// is that of Check; zero: the object need not be there.
func (p *pacedStore) do(ctx context.Context, filled time.Time, request func() error) error {
	isOwn := !p.hold     // the next error is the request's own
	var failed time.Time // when a request failed whose fault Check did not tell
	for {
		if err := p.pace.wait(ctx); err != nil {
			return err
		}
		isOwn = isOwn || !failed.IsZero() && p.pace.answeredSince(failed)
		begun := time.Now()
		err := request()
		isBusy := errors.Is(err, objects.ErrBusy)
		switch {
		case err == nil:
			p.pace.faster()
			return nil
		case errors.Is(err, objects.ErrNotFound) && filled.IsZero(), // perhaps it is the bucket that is not found
			errors.Is(err, objects.ErrKey), errors.Is(err, errDenied), isOwn && !isBusy:
			return err
		case isBusy: // with this request, also if others were answered meanwhile
			p.pace.slower(err, time.Now())
		default:
			failed = time.Now()
			if out := p.check(ctx, filled); out == nil {
				p.pace.faster()
				isOwn = true
			} else if sleep(ctx, firstPause) { // others may be answered in that time
				p.pace.slower(out, begun)
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// check is Check of the store.
func (p *pacedStore) check(ctx context.Context, filled time.Time) error {
	ctx, done := context.WithTimeout(ctx, checkTimeout)
	defer done()
	return p.store.Check(ctx, filled)
}
