package netpipe

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

var (
	soakCount = flag.Int("soak", 150, "`connections` of each soak")
	soakSeed  = flag.Uint64("seed", 0, "the soak's `seed`; 0: a new one")
)

// seed returns the seed of a soak, which it logs.
func seed(t *testing.T) uint64 {
	n := *soakSeed
	if n == 0 {
		n = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", n)
	return n
}

func TestSoak(t *testing.T) {
	pipetest.Parallel(t)
	seed := seed(t)
	for name, server := range map[string]func() *Server{
		"processes": func() *Server { return quick("obey") },
		"workers":   quickWorkers,
		"HTTP":      func() *Server { return overHTTP("obey") },
	} {
		t.Run(name, func(t *testing.T) {
			second := start(t, server())
			s := server()
			s.Next = []Addr{second.addr}
			first := start(t, s)
			run := &soak{t: t, at: []Addr{first.addr}, count: *soakCount / 3, seed: seed}
			run.reload = func() {
				if err := errors.Join(first.server.Reload(), second.server.Reload()); err != nil {
					t.Error(err)
				}
			}
			run.tick = func(int) {
				// The records are not looked at, and a full channel would stop the servers.
				for _, b := range []*backstage{first, second} {
					for len(b.records) > 0 {
						<-b.records
					}
				}
			}
			run.play()
		})
	}
}

// A soak sends connections with random faults through two servers, and judges each answer.
type soak struct {
	t       *testing.T
	at      []Addr // of the first server
	count   int    // of connections
	seed    uint64
	limited bool      // filters have limits of memory and of open files
	reload  func()    // reloads both servers
	tick    func(int) // called before each connection, with its number

	client  map[Addr]*Client // for HTTP
	daemons *few
	stalled *few
}

// soakClients is how many connections of a soak are played at once.
const soakClients = 8

// play returns when all connections have ended.
func (s *soak) play() {
	s.client = map[Addr]*Client{}
	for _, at := range s.at {
		s.client[at] = &Client{Addr: at}
	}
	s.stalled = new(few)
	s.daemons = new(few)
	daemonsAt, stop := s.daemons.listen(s.t)
	defer stop()

	source := rand.New(rand.NewPCG(s.seed, 0))
	jobs := make(chan soaker)
	var wholes, refusals atomic.Int64
	var clients sync.WaitGroup
	for range soakClients {
		clients.Go(func() {
			for job := range jobs {
				if s.judge(job) {
					wholes.Add(1)
				} else {
					refusals.Add(1)
				}
			}
		})
	}
	for i := range s.count {
		s.tick(i)
		if source.IntN(30) == 0 {
			s.reload()
		}
		jobs <- s.next(source, daemonsAt)
	}
	close(jobs)
	clients.Wait()
	s.stalled.close()
	for _, client := range s.client {
		client.CloseIdle()
	}
	s.t.Logf("%d whole, %d not", wholes.Load(), refusals.Load())
}

// judge plays one connection, and reports whether its answer was whole.
func (s *soak) judge(job soaker) (whole bool) {
	var answer []byte
	var err error
	if job.at.Network == "http" {
		answer, err = job.post(s.t, s.client[job.at])
	} else {
		answer, err = job.play(s.stalled)
	}
	switch whole = err == nil; {
	case whole && !job.faultless():
		s.t.Errorf("false whole: %v: %d bytes", job, len(answer))
	case whole && !bytes.Equal(answer, job.payload):
		s.t.Errorf("wrong answer: %v: %d bytes, want %d", job, len(answer), len(job.payload))
	case !whole && job.faultless():
		s.t.Errorf("false refusal: %v: %v", job, err)
	}
	return whole
}

// A soaker is one connection of the soak: what the client does, and what the two filters do,
// each of which gets its steps in the first line of its input.
type soaker struct {
	at      Addr
	source  net.IP // of the client
	client  string
	filters [2]string
	payload []byte
}

func (s soaker) String() string {
	return fmt.Sprintf("client %v %s, filters %q", s.source, s.client, s.filters)
}

// faultless reports whether a whole answer is due.
func (s soaker) faultless() bool {
	copies := func(steps string) bool { return steps == "copy" || strings.HasPrefix(steps, "copy daemon:") }
	return strings.HasPrefix(s.client, "asks") && copies(s.filters[0]) && copies(s.filters[1])
}

// next returns a connection of one of the kinds at random. daemons is where the daemons of
// filters live.
func (s *soak) next(r *rand.Rand, daemons string) soaker {
	job := soaker{at: s.at[r.IntN(len(s.at))], client: "asks", filters: [2]string{"copy", "copy"}}
	job.source = net.IPv4(127, 0, 0, byte(1+r.IntN(250)))
	faults := []string{"copy exit:3", "copy kill", "read:10 kill", "exit:1", "read", "write:70000 exit:1", "copy close-out exit:9"}
	if s.limited {
		faults = append(faults, fmt.Sprint("copy allocate:", int64(4<<30)), "copy open:100000")
	}
	switch r.IntN(7) {
	case 0:
		job.filters[0] = faults[r.IntN(len(faults))]
	case 1:
		job.filters[1] = faults[r.IntN(len(faults))]
	case 2:
		job.client = []string{"resets in mid-input", "resets after its half-close", "closes after its half-close", "stalls in mid-input"}[r.IntN(4)]
	case 3:
		job.filters[r.IntN(2)] = "copy daemon:" + daemons
	case 4:
		job.client = "asks slowly"
	}
	job.payload = make([]byte, 1+r.IntN(1<<r.IntN(22)))
	for i := range job.payload {
		job.payload[i] = byte(r.Uint32())
	}
	return job
}

// input returns what the client sends.
func (s soaker) input() io.Reader {
	in := []byte(s.filters[0] + "\n" + s.filters[1] + "\n" + string(s.payload))
	if s.client == "asks slowly" {
		return &slowReader{bytes.NewReader(in), 1 + len(in)/10}
	}
	return bytes.NewReader(in)
}

// play does the client's part. The answer is whole if err is nil.
func (s soaker) play(stalled *few) (answer []byte, err error) {
	conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: s.source}}).Dial("tcp", s.at.Address)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(soakPatience))
	c := conn.(fdio.Socket)
	if s.client == "stalls in mid-input" {
		_, _ = io.CopyN(c, s.input(), int64(len(s.payload)/2))
		stalled.add(c)
		return nil, errBroken
	}
	defer c.Close()
	switch s.client {
	case "resets in mid-input":
		_, _ = io.CopyN(c, s.input(), int64(len(s.payload)/2))
		pipetest.Reset(c)
	case "resets after its half-close", "closes after its half-close":
		_, _ = io.Copy(c, s.input())
		_ = c.CloseWrite()
		if s.client == "resets after its half-close" {
			pipetest.Reset(c)
		}
	default:
		return exchange(c, s.input())
	}
	return nil, errBroken
}

// soakPatience is how long a client waits: reset connections keep their place for a while
// on a busy machine.
const soakPatience = 10 * pipetest.Patience

// post does the client's part over HTTP. Its faults are all in mid-input.
func (s soaker) post(t *testing.T, client *Client) ([]byte, error) {
	in := s.input()
	if !strings.HasPrefix(s.client, "asks") {
		in = io.MultiReader(io.LimitReader(in, int64(len(s.payload)/2)), iotest.ErrReader(errBroken))
	}
	var out bytes.Buffer
	err := client.Send(t.Context(), in, &out)
	return out.Bytes(), err
}

// A slowReader returns its input in pieces, with a pause before each.
type slowReader struct {
	io.Reader
	piece int
}

func (r *slowReader) Read(b []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return r.Reader.Read(b[:min(len(b), r.piece)])
}

// A few holds up to 4 connections: one that is added takes the place of the oldest, which is
// reset.
type few struct {
	mu     sync.Mutex
	conns  []fdio.Socket
	closed bool
}

func (f *few) add(conn fdio.Socket) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.conns = append(f.conns, conn)
	for len(f.conns) > 4 || f.closed && len(f.conns) > 0 {
		pipetest.Reset(f.conns[0])
		f.conns = f.conns[1:]
	}
}

// close resets all connections, also those that are added later.
func (f *few) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for _, conn := range f.conns {
		pipetest.Reset(conn)
	}
	f.conns = nil
}

// listen returns an address for the step daemon: a daemon that has come lives until 4 others
// have come, or until stop.
func (f *few) listen(t *testing.T) (at string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			daemon, err := l.Accept()
			if err != nil {
				return
			}
			f.add(daemon.(fdio.Socket))
		}
	})
	return l.Addr().String(), func() {
		l.Close()
		accepting.Wait()
		f.close()
	}
}
