package spool

import "sync"

// A Budget bounds what several spools, and others, hold together.
// It must not be copied.
//
// Where it has a limit, an owner may hold no more than it leaves free: the first owner
// half of the limit, the second a quarter. So none can hold all, and one that comes later
// finds room.
type Budget struct {
	Limit int64 // bytes; 0 means no limit

	mu     sync.Mutex
	used   int64
	owners map[any]int64 // bytes of used, by Spool.Owner
}

// Reserve counts n bytes as held by owner. The error is ErrFull or ErrShare.
func (b *Budget) Reserve(owner any, n int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch free := b.Limit - b.used - n; {
	case b.Limit == 0:
	case free < 0:
		return ErrFull
	case b.owners[owner]+n > free:
		return ErrShare
	}
	if b.owners == nil {
		b.owners = map[any]int64{}
	}
	b.used += n
	b.owners[owner] += n
	return nil
}

// Release gives back what Reserve has counted.
func (b *Budget) Release(owner any, n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	if b.owners[owner] -= n; b.owners[owner] == 0 {
		delete(b.owners, owner)
	}
}

// Used returns how many bytes are held at the moment.
func (b *Budget) Used() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// hasSharedMemory reports whether a spool may take more than ownMemory.
func (b *Budget) hasSharedMemory() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used < sharedMemory
}
