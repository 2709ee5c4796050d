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
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"imgpipe/netpipe/internal/pipetest"
)

var (
	soakCount = flag.Int("soak", 150, "`connections` of the soak")
	soakSeed  = flag.Uint64("seed", 0, "the soak's `seed`; 0: a new one")
)

// A soaker is one connection of the soak: what the client does, and what the two filters do,
// each of which gets its steps in the first line of its input.
type soaker struct {
	client  string
	filters [2]string
	payload []byte
}

func (s soaker) String() string { return fmt.Sprintf("client %s, filters %q", s.client, s.filters) }

// faultless reports whether a whole answer is due.
func (s soaker) faultless() bool {
	copies := func(steps string) bool { return steps == "copy" || strings.HasPrefix(steps, "copy daemon:") }
	return s.client == "asks" && copies(s.filters[0]) && copies(s.filters[1])
}

// newSoaker returns one of the kinds at random. daemon is where the daemons of filters live.
func newSoaker(r *rand.Rand, daemon string) soaker {
	s := soaker{client: "asks", filters: [2]string{"copy", "copy"}}
	faults := []string{"copy exit:3", "copy kill", "read:10 kill", "exit:1", "read", "write:70000 exit:1", "copy close-out exit:9"}
	switch r.IntN(6) {
	case 0:
		s.filters[0] = faults[r.IntN(len(faults))]
	case 1:
		s.filters[1] = faults[r.IntN(len(faults))]
	case 2:
		s.client = []string{"resets in mid-input", "resets after its half-close", "closes after its half-close"}[r.IntN(3)]
	case 3:
		s.filters[r.IntN(2)] = "copy daemon:" + daemon
	}
	s.payload = make([]byte, 1+r.IntN(1<<r.IntN(22)))
	for i := range s.payload {
		s.payload[i] = byte(r.Uint32())
	}
	return s
}

// play does the client's part. The answer is whole if err is nil.
func (s soaker) play(t *testing.T, at Addr) (answer []byte, err error) {
	input := append([]byte(s.filters[0]+"\n"+s.filters[1]+"\n"), s.payload...)
	if s.client == "asks" {
		return ask(t, at, input)
	}
	c := connect(t, at)
	defer c.Close()
	if s.client == "resets in mid-input" {
		_, _ = c.Write(input[:len(input)/2])
		pipetest.Reset(c)
		return nil, syscall.ECONNRESET
	}
	_, err = c.Write(input)
	err = errors.Join(err, c.CloseWrite())
	if s.client == "resets after its half-close" {
		pipetest.Reset(c)
	} else {
		c.Close()
	}
	return nil, errors.Join(err, errBroken)
}

// post does the client's part over HTTP. Its faults are all in mid-input.
func (s soaker) post(t *testing.T, client *Client) ([]byte, error) {
	input := []byte(s.filters[0] + "\n" + s.filters[1] + "\n" + string(s.payload))
	in := io.Reader(bytes.NewReader(input))
	if s.client != "asks" {
		in = io.MultiReader(bytes.NewReader(input[:len(input)/2]), iotest.ErrReader(errBroken))
	}
	var out bytes.Buffer
	err := client.Send(t.Context(), in, &out)
	return out.Bytes(), err
}

func TestSoak(t *testing.T) {
	pipetest.Parallel(t)
	seed := *soakSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	for name, server := range map[string]func() *Server{
		"processes": func() *Server { return quick("obey") },
		"workers":   quickWorkers,
		"HTTP":      func() *Server { return overHTTP("obey") },
	} {
		t.Run(name, func(t *testing.T) { soak(t, server, seed) })
	}
}

// soak sends a third of the connections through two servers, whose processes are replaced
// now and then.
func soak(t *testing.T, server func() *Server, seed uint64) {
	second := start(t, server())
	s := server()
	s.Next = second.addr
	first := start(t, s)

	daemons := fewDaemons(t)
	client := &Client{Addr: first.addr}
	defer client.CloseIdle()
	source := rand.New(rand.NewPCG(seed, 0))
	jobs := make(chan soaker)
	var wholes, refusals atomic.Int64
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for job := range jobs {
				var answer []byte
				var err error
				if first.addr.Network == "http" {
					answer, err = job.post(t, client)
				} else {
					answer, err = job.play(t, first.addr)
				}
				switch whole := err == nil; {
				case whole && !job.faultless():
					t.Errorf("false whole: %v: %d bytes", job, len(answer))
				case whole && !bytes.Equal(answer, job.payload):
					t.Errorf("wrong answer: %v: %d bytes, want %d", job, len(answer), len(job.payload))
				case !whole && job.faultless():
					t.Errorf("false refusal: %v: %v", job, err)
				case whole:
					wholes.Add(1)
				default:
					refusals.Add(1)
				}
			}
		})
	}
	var reloads sync.WaitGroup
	for n := range *soakCount / 3 {
		jobs <- newSoaker(source, daemons)
		if n%20 == 10 {
			reloads.Go(func() {
				if err := errors.Join(first.server.Reload(), second.server.Reload()); err != nil {
					t.Errorf("reload: %v", err)
				}
			})
		}
		// The records are not looked at, and a full channel would stop the servers.
		for _, b := range []*backstage{first, second} {
			for len(b.records) > 0 {
				<-b.records
			}
		}
	}
	close(jobs)
	clients.Wait()
	reloads.Wait()
	t.Logf("%d whole, %d not", wholes.Load(), refusals.Load())
}

// fewDaemons returns an address for the step daemon: a daemon that has come lives until
// the next one comes, or until the test ends.
func fewDaemons(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for before := net.Conn(nil); ; {
			daemon, err := l.Accept()
			if before != nil {
				before.Close()
			}
			if err != nil {
				return
			}
			before = daemon
		}
	})
	t.Cleanup(func() {
		l.Close()
		accepting.Wait()
	})
	return l.Addr().String()
}
