package procpool

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"imgpipe/netpipe/internal/fdio"
)

// A chain is an Invocation of several programs, its links: the output of each is the
// input of the next. What a link writes goes on to the next one as it comes; the end of
// the input comes only when the link before has succeeded, so that no program takes a
// part of an input for the whole.
//
// The output that a link does not read is dropped, so that the link before can end by
// itself and say whether it has succeeded.
type chain struct {
	names []string
	links []Invocation

	joints sync.WaitGroup // join
	last   chan struct{}  // closed when the last link has begun, or will not begin

	mu      sync.Mutex
	begun   int         // links that have begun, or are about to: those before have output, or have ended
	done    int         // links that have succeeded
	stopped bool        // no other link begins
	killed  []bool      // of each link: it was aborted
	errs    []error     // of each link that has ended, its own failure
	grace   *time.Timer // after a failure
}

// causeGrace is how long the links before one that failed may go on. One of them may be
// the cause: it ends with a failure of its own.
const causeGrace = time.Second

func newChain(names []string, links []Invocation) *chain {
	c := &chain{names: names, links: links, last: make(chan struct{}), killed: make([]bool, len(links)), errs: make([]error, len(links))}
	c.begin(0)
	return c
}

// begin has the output of link i read, from its first input on; before, it has nothing to
// say. begin returns false if the link is not to begin any more.
func (c *chain) begin(i int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.stopped:
		return false
	case i < c.begun:
	case i == len(c.links)-1:
		c.begun++
		close(c.last)
	default:
		c.begun++
		c.joints.Go(func() { c.join(i) })
	}
	return true
}

// join brings the output of link i to the next one.
func (c *chain) join(i int) {
	from, to := c.links[i], c.links[i+1]
	chunk := NewInputChunk()
	defer chunk.Free()
	taken := true
	var err error
	for err == nil {
		chunk.N, err = from.Read(chunk.Room())
		if chunk.N > 0 && taken {
			taken = c.begin(i+1) && to.Push(&chunk, Unwatched) == nil
		}
	}
	if c.succeeded(i) && c.begin(i+1) {
		chunk.N, chunk.Last = 0, true
		_ = to.Push(&chunk, Unwatched) // fails if the link takes no more
	}
}

// succeeded waits for the end of link i and reports whether it has succeeded. If it has
// not, the chain fails.
func (c *chain) succeeded(i int) bool {
	err := c.links[i].Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		c.done++
		return true
	case c.killed[i] && err == ErrKilled:
		return false
	}
	c.errs[i] = err
	c.stop()
	c.abort(i+1, c.begun)
	if c.grace == nil {
		c.grace = time.AfterFunc(causeGrace, c.Abort)
	}
	return false
}

// stop has no other link begin. The caller holds c.mu.
func (c *chain) stop() {
	if !c.stopped && c.begun < len(c.links) {
		close(c.last)
	}
	c.stopped = true
}

// abort aborts the links from first to the one before end. The caller holds c.mu.
func (c *chain) abort(first, end int) {
	for i := first; i < end; i++ {
		c.killed[i] = true
		c.links[i].Abort()
	}
}

// Abort aborts all links that have begun. Others know nothing of the invocation.
func (c *chain) Abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop()
	c.abort(0, c.begun)
}

// isLastRunning waits until the last link has begun, and returns false if it will not.
func (c *chain) isLastRunning() bool {
	<-c.last
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begun == len(c.links)
}

// Read reads the answer of the last link.
func (c *chain) Read(b []byte) (int, error) {
	if !c.isLastRunning() {
		return 0, io.EOF
	}
	n, err := c.links[len(c.links)-1].Read(b)
	if err != nil {
		err = io.EOF // any other error is a consequence of abort
	}
	return n, err
}

// Push gives the first link a piece of input.
func (c *chain) Push(chunk *InputChunk, wait WaitFunc) error { return c.links[0].Push(chunk, wait) }

// PushFrom moves input to the first link.
func (c *chain) PushFrom(s fdio.Socket, n int, wait WaitFunc) (moved int, err error) {
	return c.links[0].PushFrom(s, n, wait)
}

// TakesInput reports whether the first link still takes input.
func (c *chain) TakesInput() bool { return c.links[0].TakesInput() }

// Wait waits for the end of all links that have begun. The error is that of the first one
// that failed by itself, with its name.
func (c *chain) Wait() error {
	if c.isLastRunning() {
		c.succeeded(len(c.links) - 1)
	}
	c.joints.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.cause(); i >= 0 {
		return fmt.Errorf("%s: %w", c.names[i], c.errs[i])
	}
	if c.done < len(c.links) {
		return ErrKilled
	}
	return nil
}

// cause returns the first link that failed by itself, -1 if there is none. The caller
// holds c.mu.
func (c *chain) cause() int {
	for i, err := range c.errs {
		if err != nil {
			return i
		}
	}
	return -1
}

// Release releases all links.
func (c *chain) Release() {
	c.mu.Lock()
	if c.grace != nil {
		c.grace.Stop()
	}
	c.mu.Unlock()
	for _, link := range c.links {
		link.Release()
	}
}

// Status returns the statuses of all links, what each wrote to stderr, with the programs'
// names, and what they took together.
func (c *chain) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all Status
	cause := c.cause()
	for i, link := range c.links {
		s := Status{Text: "had no input"}
		if i < c.begun {
			s = link.Status()
		}
		all.Used.add(s.Used)
		all.Text = withLine(all.Text, "; ", c.names[i]+": "+s.Text)
		if s.Stderr == "" {
			continue
		}
		words := s.Stderr
		if name := c.names[i] + ": "; !strings.HasPrefix(words, name) {
			words = name + words
		}
		all.Stderr = withLine(all.Stderr, "\n", words)
		if i == cause {
			all.Cause = words
		}
	}
	return all
}

// withLine appends to a list in a text.
func withLine(list, separator, item string) string {
	if list == "" {
		return item
	}
	return list + separator + item
}
