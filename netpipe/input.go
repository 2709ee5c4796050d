package netpipe

import (
	"context"
	"io"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/procpool"
)

// aheadChunks is how many chunks of input are read before there is a worker for it,
// 256 KiB: most pictures are smaller, and the pipe to the worker takes them at once.
// maxAhead bounds what all conns together have read ahead, in bytes: it is in memory.
const (
	aheadChunks = 256 << 10 / fdio.ChunkSize
	maxAhead    = 64 << 20
)

// readAhead reads all of the input, or the first aheadChunks of it; less where the
// budget of held answers, or maxAhead, has no room. There are few workers, and a slow
// client must not keep one from others. It reports whether to go on.
func (c *conn) readAhead() bool {
	config := c.service.config
	defer context.AfterFunc(c.ctx, func() { _ = c.front.SetReadDeadline(fdio.Expired) })()
	for range aheadChunks {
		if !c.reserveAhead() {
			return true
		}
		c.ahead = append(c.ahead, procpool.NewInputChunk())
		chunk := &c.ahead[len(c.ahead)-1]
		for !chunk.Last && chunk.N < len(chunk.Room()) {
			c.allowSilence(true)
			if c.ctx.Err() != nil {
				c.failure[partOutside] = context.Cause(c.ctx)
				return false
			}
			n, err := c.readFront(chunk.Room()[chunk.N:], true)
			chunk.N += n
			if in := c.in.Add(int64(n)); config.MaxInput > 0 && in > config.MaxInput {
				return true // it is an error only if the filter takes it
			}
			switch {
			case err == io.EOF:
				chunk.Last = true
			case fdio.IsTimeout(err) && c.ctx.Err() == nil:
				c.failure[partInput] = c.tooSlow()
				return false
			case err != nil && !fdio.IsTimeout(err):
				c.failure[partInput] = fdio.Plain(err)
				return false
			}
		}
		if chunk.Last {
			break
		}
	}
	if c.hasNoInput() {
		c.failure[partInput] = ErrNoInput
		return false
	}
	return true
}

// reserveAhead counts the memory of one more chunk in c.ahead, and reports whether there
// is room.
func (c *conn) reserveAhead() bool {
	if c.service.ahead.Reserve(c.source, fdio.ChunkSize) != nil {
		return false
	}
	if c.service.held.Reserve(c.source, fdio.ChunkSize) != nil {
		c.service.ahead.Release(c.source, fdio.ChunkSize)
		return false
	}
	return true
}

// nextAhead takes the first chunk out of c.ahead.
func (c *conn) nextAhead() procpool.InputChunk {
	chunk := c.ahead[0]
	c.ahead = c.ahead[1:]
	c.service.ahead.Release(c.source, fdio.ChunkSize)
	c.service.held.Release(c.source, fdio.ChunkSize)
	return chunk
}

// freeAhead frees what was read ahead and has not been used.
func (c *conn) freeAhead() {
	for len(c.ahead) > 0 {
		chunk := c.nextAhead()
		chunk.Free()
	}
}

// hasNoInput reports whether an input that has ended had 0 bytes and may not. Over a
// raw connection front.begin has seen that before.
func (c *conn) hasNoInput() bool { return c.in.Load() == 0 && !c.service.config.emptyInput() }

// feed brings the input to the filter. When the filter takes no more, the rest is
// dropped. After the input's end the client is watched until the verdict.
func (c *conn) feed() {
	growStack()
	defer close(c.fed)
	chunk := procpool.NewInputChunk()
	defer chunk.Free()
	err := c.copyInput(&chunk)
	if err == io.EOF {
		c.mu.Lock()
		c.inputEnded = true
		c.mu.Unlock()
		if !chunk.Last {
			chunk.N, chunk.Last = 0, true
			_ = c.invocation.Push(&chunk, c.watchDuring)
		}
		err = c.watch()
	}
	// On an error the filter is not told of an end: it must not take a broken input for
	// a whole one. A reset after the context is done is that of front.abort.
	if err != nil && !(err == fdio.ErrReset && c.ctx.Err() != nil) {
		c.partFailed(partInput, err)
	}
}

// copyInput copies the input to the filter, if there is one. It returns io.EOF at the
// end of the input, and nil when lingering is over. The limits hold as long as the
// filter takes the input; what the filter does not take is dropped, however much it is
// and however long it takes to come.
func (c *conn) copyInput(chunk *procpool.InputChunk) error {
	config := c.service.config
	taken := c.invocation != nil
	isLarge := false
	for c.allowSilence(taken) {
		var unread int // bytes of input that stay in the socket
		var err error
		if chunk.N, chunk.Last = 0, false; taken && isLarge {
			unread, err = c.awaitMuch()
		}
		if unread == 0 && err == nil {
			err = c.readChunk(chunk, taken)
			isLarge = c.maySplice(chunk)
		}
		var fault error
		switch {
		case fdio.IsTimeout(err) && c.isLingering():
			return nil
		case fdio.IsTimeout(err) && !taken: // net/http's chunked body returns an error for ever
			return c.watch()
		case config.MaxInput > 0 && c.in.Load() > config.MaxInput:
			fault = ErrInputTooLarge
		case fdio.IsTimeout(err):
			fault = c.tooSlow()
		case err == io.EOF && c.hasNoInput():
			fault = ErrNoInput
		}
		if taken && fault != nil && c.noteFault(fault) {
			return fault
		}
		if taken {
			taken = fault == nil && c.push(chunk, unread) == nil
		}
		if err != nil && !fdio.IsTimeout(err) {
			return err
		}
	}
	return nil
}

// push gives the filter a chunk, or what is unread in the socket. An error means that the
// filter takes no more.
func (c *conn) push(chunk *procpool.InputChunk, unread int) error {
	switch {
	case unread > 0:
		moved, err := c.invocation.PushFrom(c.front.socket(), unread, c.watchDuring)
		c.in.Add(int64(moved))
		return err
	case chunk.N > 0 || chunk.Last:
		return c.invocation.Push(chunk, c.watchDuring)
	}
	return nil
}

// maySplice reports whether more input than a chunk takes may be in the socket, and the
// kernel can move it to the filter.
func (c *conn) maySplice(chunk *procpool.InputChunk) bool {
	return fdio.CanSplice && chunk.N == len(chunk.Room()) && len(c.ahead) == 0 && c.front.socket() != nil
}

// spliceSize is how many bytes a socket has to have so that the kernel moves them to the
// filter. What the kernel moves keeps the memory in which it came, and has a place of its
// own in the pipe, even if it is a single byte.
const spliceSize = 16 << 10

// awaitMuch waits for input, and returns how many bytes of it PushFrom can move: 0 if they
// are few, or go beyond MaxInput, and are to be read.
func (c *conn) awaitMuch() (int, error) {
	return c.timed(func() (int, error) {
		n, err := fdio.AwaitBytes(c.front.socket())
		if limit := c.service.config.MaxInput; limit > 0 {
			n = int(min(int64(n), limit-c.in.Load()))
		}
		if n < spliceSize {
			n = 0
		}
		return n, err
	})
}

// readChunk reads the next chunk of input: first those that readAhead has read.
func (c *conn) readChunk(chunk *procpool.InputChunk, taken bool) (err error) {
	if len(c.ahead) > 0 {
		chunk.Free()
		*chunk = c.nextAhead()
		if chunk.Last {
			err = io.EOF
		}
		return err
	}
	chunk.N, err = c.readFront(chunk.Room(), taken)
	c.in.Add(int64(chunk.N))
	return err
}

// readFront reads input. If it is wanted, the time that it takes is the client's, and
// not the filter's.
func (c *conn) readFront(b []byte, wanted bool) (int, error) {
	if !wanted {
		return c.front.Read(b)
	}
	return c.timed(func() (int, error) { return c.front.Read(b) })
}

// timed has input come within the client's time. come returns how many bytes have come.
func (c *conn) timed(come func() (int, error)) (int, error) {
	c.clock.pause()
	defer c.clock.resume()
	begun := time.Now()
	if c.pace.idle > 0 {
		c.owing.Store(begun.Add(-c.pace.behind).UnixNano())
		defer c.owing.Store(0)
	}
	n, err := come()
	c.pace.moved(int64(n), time.Since(begun))
	return n, err
}

// clientLag returns how far the client is behind its pace, and whether it is waited for
// at the moment; without a limit to its pace it is not.
func (c *conn) clientLag() (behind time.Duration, waits bool) {
	since := c.owing.Load()
	if since == 0 {
		return 0, false
	}
	return time.Since(time.Unix(0, since)), true
}

// giveWay ends a conn whose input comes slowly, because others wait for its place.
func (c *conn) giveWay() {
	if c.noteFault(ErrGiveWay) {
		c.cancel(errPartFailed)
	}
}

// tooSlow returns the error of a client whose input met a deadline. One that had been
// in time before was silent.
func (c *conn) tooSlow() error {
	if c.pace.last > c.pace.idle/2 {
		return ErrIdleTimeout
	}
	return ErrSlowInput
}

// noteFault notes that the input breaks a limit, if the filter still takes the input.
// After the verdict it does not: the invocation has ended before.
func (c *conn) noteFault(fault error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.invocation.TakesInput() {
		return false
	}
	if c.failure[partInput] == nil {
		c.failure[partInput] = fault
	}
	return true
}

// watchDuring watches the client while write waits for the filter: no Read of the
// client's socket would notice then that the client is gone.
func (c *conn) watchDuring(write func() error) error {
	if !c.allowSilence(false) {
		return errPartFailed
	}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		if c.front.awaitGone() == nil {
			c.partFailed(partInput, fdio.ErrReset)
		}
	}()
	err := write()
	c.front.wake()
	<-watched
	return err
}

// watch waits until the client is gone, which is an error, or until lingering begins.
func (c *conn) watch() error {
	c.allowSilence(false)
	switch err := c.front.awaitGone(); {
	case err == nil:
		return fdio.ErrReset
	case fdio.IsTimeout(err) && c.isLingering():
		return nil
	default:
		return err
	}
}

// allowSilence sets how long the client may be silent from now on: if its input is
// wanted, as c.pace says; else there is no limit. Lingering has limits of its own.
// allowSilence reports whether to read on.
func (c *conn) allowSilence(wanted bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	var deadline time.Time
	now := time.Now()
	switch {
	case c.lingering && c.inputEnded:
		deadline = fdio.Expired
	case c.lingering && !c.lingerEnd.IsZero() && now.After(c.lingerEnd):
		return false
	case c.lingering:
		deadline = now.Add(lingerTimeout)
	case wanted && c.pace.idle > 0:
		deadline = now.Add(c.pace.left())
	}
	// An error means that the connection is closed, which the next Read returns as well.
	_ = c.front.SetReadDeadline(deadline)
	return true
}

func (c *conn) isLingering() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lingering
}
