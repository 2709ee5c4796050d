package queue

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"imgpipe/netpipe/objects"
)

// storeTimeout bounds a request to a store, but for the time in which its content is read.
const storeTimeout = 2 * time.Minute

// stores are the stores of jobs, each of which is opened once.
type stores struct {
	options objects.Options
	log     *slog.Logger

	mu   sync.Mutex
	open map[string]*pacedStore
}

// A pacedStore is a store whose requests wait while it is busy.
type pacedStore struct {
	store objects.Store
	pace  pace
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
	opened := &pacedStore{store: store, pace: pace{log: s.log.With("store", address)}}
	if s.open == nil {
		s.open = map[string]*pacedStore{}
	}
	s.open[address] = opened
	return opened, nil
}

func (p *pacedStore) stat(ctx context.Context, key string) (o objects.Object, err error) {
	err = p.pace.do(ctx, func() (err error) {
		ctx, done := context.WithTimeout(ctx, storeTimeout)
		defer done()
		o, err = p.store.Stat(ctx, key)
		return err
	})
	return o, err
}

func (p *pacedStore) get(ctx context.Context, key string) (o objects.Object, content io.ReadCloser, err error) {
	err = p.pace.do(ctx, func() (err error) {
		o, content, err = p.store.Get(ctx, key)
		return err
	})
	return o, content, err
}

func (p *pacedStore) put(ctx context.Context, o objects.Object, content func() io.Reader) error {
	return p.pace.do(ctx, func() error {
		ctx, done := context.WithTimeout(ctx, storeTimeout)
		defer done()
		return p.store.Put(ctx, o, content)
	})
}
