package netpipe

import (
	"io"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/internal/procpool"
	"imgpipe/netpipe/internal/spool"
)

// A takingFilter is the part of an invocation that copyInput uses: a filter that takes
// all of its input, or nothing.
type takingFilter struct {
	procpool.Invocation
	takes bool
}

func (f takingFilter) TakesInput() bool { return f.takes }

func (f takingFilter) Push(*procpool.InputChunk, procpool.WaitFunc) error {
	if !f.takes {
		return os.ErrClosed
	}
	return nil
}

func (f takingFilter) PushFrom(s fdio.Socket, n int, _ procpool.WaitFunc) (int, error) {
	moved, err := io.CopyN(io.Discard, s, int64(n))
	return int(moved), err
}

// A limit ends the input of a filter that takes it. What a filter does not take cannot be
// too much, nor come too late.
func TestInputLimits(t *testing.T) {
	pipetest.Parallel(t)
	const idle = time.Millisecond
	for _, test := range []struct {
		name   string
		config *Server
		sent   int // bytes
		takes  bool
		want   error
	}{
		{"within all", &Server{MaxInput: 10}, 10, true, io.EOF},
		{"silent, wanted", &Server{IdleTimeout: idle}, 0, true, ErrIdleTimeout},
		{"silent, not wanted", &Server{IdleTimeout: idle}, 0, false, io.EOF},
		{"large, wanted", &Server{MaxInput: 9}, 10, true, ErrInputTooLarge},
		{"as large as it may be", &Server{MaxInput: 500_000}, 500_000, true, io.EOF},
		{"a byte larger", &Server{MaxInput: 500_000}, 500_001, true, ErrInputTooLarge},
		{"large, not wanted", &Server{MaxInput: 9}, 10, false, io.EOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn, client := pipetest.Pair(t, "tcp")
			read := make(chan struct{}, 10000)
			c := newConn(&service{config: test.config}, countingFront{&rawFront{conn: conn, from: conn.RemoteAddr()}, read})
			c.invocation = takingFilter{takes: test.takes}
			got := make(chan error, 1)
			go func() {
				chunk := procpool.NewInputChunk()
				defer chunk.Free()
				got <- c.copyInput(&chunk)
			}()
			send(t, client, pipetest.Noise(test.sent))
			if test.want == io.EOF {
				<-read
				if test.config.IdleTimeout > 0 {
					<-read // after the idle timeout
				}
				_ = client.CloseWrite()
			}
			if err := <-got; err != test.want {
				t.Errorf("want %v, got %v", test.want, err)
			}
		})
	}
}

// A countingFront tells when its input is read.
type countingFront struct {
	front
	read chan<- struct{}
}

func (f countingFront) Read(b []byte) (int, error) {
	f.read <- struct{}{}
	return f.front.Read(b)
}

// A body in chunks, once it has met a deadline, returns the deadline's error for ever. The
// input of a filter that takes no more is then not read again, but the client is watched.
func TestInputThatCannotBeRead(t *testing.T) {
	pipetest.Parallel(t)
	conn, client := pipetest.Pair(t, "tcp")
	broken := &brokenFront{front: &rawFront{conn: conn, from: conn.RemoteAddr()}}
	c := newConn(&service{config: &Server{IdleTimeout: time.Millisecond}}, broken)
	c.invocation = takingFilter{takes: false}
	got := make(chan error, 1)
	go func() {
		chunk := procpool.NewInputChunk()
		defer chunk.Free()
		got <- c.copyInput(&chunk)
	}()
	pipetest.Reset(client)
	if err := <-got; err != fdio.ErrReset {
		t.Errorf("want %v, got %v", fdio.ErrReset, err)
	}
	if n := broken.reads.Load(); n > 2 {
		t.Errorf("read %d times, want 2 at most", n)
	}
}

type brokenFront struct {
	front
	reads atomic.Int32
}

func (f *brokenFront) Read([]byte) (int, error) {
	f.reads.Add(1)
	return 0, os.ErrDeadlineExceeded
}

// The time of an upload is the client's: it is bounded by the idle timeout and the least
// rate, and not by Timeout, which is the filter's. By the clock of a synctest bubble.
func TestUploadTime(t *testing.T) {
	pipetest.Parallel(t)
	const idle, timeout = 30 * time.Second, 60 * time.Second
	for _, test := range []struct {
		name    string
		front   slowFront
		filter  time.Duration // that it takes for each chunk
		want    error
		expires bool // the timeout
	}{
		{"150 KB/s for 80 s", slowFront{size: 12_000_000, rate: 150_000}, 0, io.EOF, false},
		{"at the least rate", slowFront{size: 300 * minInputRate, rate: minInputRate}, 0, io.EOF, false},
		{"at half of it", slowFront{size: 300 * minInputRate, rate: minInputRate / 2}, 0, ErrSlowInput, false},
		{"a byte each second", slowFront{size: 1000, rate: 1}, 0, ErrSlowInput, false},
		{"stops", slowFront{size: 100_000, rate: 150_000, stops: true}, 0, ErrIdleTimeout, false},
		{"a slow filter", slowFront{size: 2_000_000, rate: 150_000}, 10 * time.Second, io.EOF, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newConn(&service{config: &Server{IdleTimeout: idle}}, &test.front)
				c.invocation = slowFilter{takingFilter{takes: true}, test.filter}
				var expired atomic.Bool
				c.clock.start(timeout, func() { expired.Store(true) })
				defer c.clock.stop()
				chunk := procpool.NewInputChunk()
				defer chunk.Free()
				if err := c.copyInput(&chunk); err != test.want || expired.Load() != test.expires {
					t.Errorf("want %v and expired %t, got %v and %t", test.want, test.expires, err, expired.Load())
				}
			})
		})
	}
}

// A slowFront is a client that sends some bytes at a rate, then ends or stops.
type slowFront struct {
	front
	size, rate int // bytes; per second
	stops      bool
	deadline   time.Time
}

func (*slowFront) client() string { return "" }

func (*slowFront) socket() fdio.Socket { return nil }

func (f *slowFront) SetReadDeadline(t time.Time) error {
	f.deadline = t
	return nil
}

func (f *slowFront) Read(b []byte) (int, error) {
	n := min(len(b), f.rate, f.size) // a piece each second
	takes := time.Duration(n) * time.Second / time.Duration(f.rate)
	if n == 0 && f.stops {
		takes = time.Hour
	} else if n == 0 {
		return 0, io.EOF
	}
	if left := time.Until(f.deadline); left < takes {
		time.Sleep(left)
		return 0, os.ErrDeadlineExceeded
	}
	time.Sleep(takes)
	f.size -= n
	return n, nil
}

// A slowFilter takes some time for each chunk.
type slowFilter struct {
	takingFilter
	takes time.Duration
}

func (f slowFilter) Push(*procpool.InputChunk, procpool.WaitFunc) error {
	time.Sleep(f.takes)
	return nil
}

// What is read ahead is counted with the held answers, and with what others read ahead;
// without room, less is read ahead, and nothing fails.
func TestReadAheadIsCounted(t *testing.T) {
	pipetest.Parallel(t)
	const chunk = fdio.ChunkSize
	for _, test := range []struct {
		name        string
		ahead, held int64 // limits, of which one address may have half
		sent        int
		want        int // chunks
	}{
		{"a small input", 100 * chunk, 100 * chunk, 10, 1},
		{"a large input", 100 * chunk, 100 * chunk, 10 * chunk, aheadChunks},
		{"little memory", 4 * chunk, 100 * chunk, 10 * chunk, 2},
		{"little room for answers", 100 * chunk, 6 * chunk, 10 * chunk, 3},
		{"no room", 100 * chunk, chunk, 10, 0},
		{"no limit of answers", 100 * chunk, 0, 10 * chunk, aheadChunks},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn, client := pipetest.Pair(t, "tcp")
			sv := &service{config: &Server{}}
			sv.ahead.Limit, sv.held.Limit = test.ahead, test.held
			c := newConn(sv, &rawFront{conn: conn, from: conn.RemoteAddr()})
			c.ctx = t.Context()
			var sending sync.WaitGroup
			sending.Go(func() {
				_, _ = client.Write(pipetest.Noise(test.sent))
				_ = client.CloseWrite()
			})
			if !c.readAhead() || len(c.ahead) != test.want {
				t.Errorf("want %d chunks, got %d and %v", test.want, len(c.ahead), c.failure)
			}
			_, _ = io.Copy(io.Discard, conn)
			sending.Wait()
			c.freeAhead()
			for name, b := range map[string]*spool.Budget{"ahead": &sv.ahead, "held": &sv.held} {
				if err := b.Reserve("another", b.Limit/2); err != nil {
					t.Errorf("%s: not all is given back: %v", name, err)
				}
			}
		})
	}
}
