package main

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"imgpipe/netpipe/objects"
	"imgpipe/netpipe/objects/s3test"
	"imgpipe/netpipe/queue"
)

var (
	soakJobs = flag.Int("soak", 120, "jobs of TestSoak")
	soakSeed = flag.Uint64("seed", 0, "of TestSoak; 0: another one each time")
)

// Faults at random, with three servers that have copies of the queue, three workers, and a
// store that fails a PUT in 20, before or after it has written, and is out of use now and then:
// workers and servers are killed and start again, workers are frozen for longer than the ack
// wait, filters are killed.
// In the end each good object has its result, each bad one a failure, and the counts add up.
func TestSoak(t *testing.T) {
	seed := cmp.Or(*soakSeed, uint64(time.Now().UnixNano()))
	t.Logf("-soak %d -seed %d", *soakJobs, seed)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // otherwise a second for each process
	random := rand.New(rand.NewPCG(seed, 0))
	store := soakStore(t, seed)
	const bad = 20 // one of so many
	want := map[string]string{}
	for i := range *soakJobs {
		key, text := fmt.Sprintf("%05d", i), fmt.Sprintf("object %d", i)
		if i%bad == 0 {
			text = "bad " + text
		} else {
			want["out/"+key] = reversed(text)
		}
		if err := store.Put(t.Context(), objects.Object{Key: "in/" + key, Size: int64(len(text))}, func() io.Reader { return strings.NewReader(text) }); err != nil {
			t.Fatal(err)
		}
	}

	var servers, workers [3]*soakProcess
	address := soakServers(t, &servers)
	config := queue.Config{Make: true, Replicas: 3}
	var err error
	if config.Address, err = queue.ParseAddress(address); err != nil {
		t.Fatal(err)
	}
	q := soakConnect(t, config)
	places := [2]objects.Location{}
	for i, text := range []string{"s3://soak/in", "s3://soak/out"} {
		if places[i], err = objects.ParseLocation(text); err != nil {
			t.Fatal(err)
		}
	}
	if added, err := q.Add(t.Context(), queue.Addition{In: places[0], Out: places[1], Stores: soakOptions}); err != nil || added.Jobs != *soakJobs {
		t.Fatalf("Add: %+v, %v", added, err)
	}
	for i := range workers {
		workers[i] = startSoakProcess(t, "netqueue", "work", "-queue", address, "-endpoint", soakOptions.Endpoint, "-jobs", "2",
			"-ack-wait", "2s", "-tries", "6", "-log-format", "json",
			"-limit-memory", "0", "-env", "GORACE", "soak-filter") // the race detector maps much memory
	}

	for begun, down := time.Now(), -1; ; {
		ctx, done := context.WithTimeout(t.Context(), 5*time.Second)
		counts, err := q.Counts(ctx)
		done()
		if err == nil && counts.Done+counts.Failed+counts.Left() != counts.Added {
			t.Errorf("the counts do not add up: %+v", counts)
		}
		if err == nil && counts.Left() == 0 {
			break
		}
		if time.Since(begun) > time.Minute+time.Duration(*soakJobs)*200*time.Millisecond {
			t.Fatalf("not done: %+v, %v\n%s", counts, err, workers[0].log())
		}
		switch worker := workers[random.IntN(3)]; random.IntN(5) {
		case 0:
			worker.kill()
		case 1:
			worker.freeze(3 * time.Second)
		case 2:
			if down >= 0 { // one at a time
				servers[down].resume()
				down = -1
			} else {
				down = random.IntN(3)
				servers[down].hold()
			}
		case 3:
			soakStoreIsOut.Store(true)
			time.Sleep(time.Second)
			soakStoreIsOut.Store(false)
		}
		time.Sleep(time.Duration(random.IntN(1000)) * time.Millisecond)
	}
	soakCheck(t, q, store, want)
}

// soakCheck compares results, failures and counts at the end.
func soakCheck(t *testing.T, q *queue.Queue, store objects.Store, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	if err := store.List(t.Context(), "out/", "", func(o objects.Object) error {
		_, content, err := store.Get(t.Context(), o.Key)
		if err != nil {
			return err
		}
		defer content.Close()
		text, err := io.ReadAll(content)
		got[o.Key] = string(text)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for key, text := range want {
		if got[key] != text {
			t.Errorf("%s: want %q, got %q", key, text, got[key])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d results, want %d", len(got), len(want))
	}
	failures := map[string]int{}
	if err := q.Failures(t.Context(), func(f queue.Failure) error {
		failures[f.Job.Key]++
		if f.Why != "it is bad" {
			t.Errorf("%s failed: %s", f.Job.Key, f.Why)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for key, times := range failures {
		if times != 1 {
			t.Errorf("%s: %d failures", key, times)
		}
	}
	counts, err := q.Counts(t.Context())
	if wanted := (queue.Counts{Added: uint64(*soakJobs), Done: uint64(len(want)), Failed: uint64(*soakJobs - len(want))}); err != nil || counts != wanted || len(failures) != int(wanted.Failed) {
		t.Errorf("want %+v, got %+v with %d failures, %v", wanted, counts, len(failures), err)
	}
}

func reversed(text string) string {
	b := []byte(text)
	slices.Reverse(b)
	return string(b)
}

// soakFilter reverses its input, refuses what is bad, and now and then is killed.
func soakFilter() {
	in, err := io.ReadAll(os.Stdin)
	switch {
	case err != nil:
		os.Exit(1)
	case bytes.HasPrefix(in, []byte("bad")):
		fmt.Fprintln(os.Stderr, "it is bad")
		os.Exit(1)
	case rand.IntN(20) == 0:
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
	fmt.Print(reversed(string(in)))
}

// soakOptions are those of the store.
var soakOptions objects.Options

// soakStoreIsOut has the store break off all connections.
var soakStoreIsOut atomic.Bool

// soakStore starts a store that fails a PUT of a result in 20, half of them after it has
// written.
func soakStore(t *testing.T, seed uint64) objects.Store {
	t.Helper()
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 1))
	soakOptions.Endpoint = s3test.Fake(t, "soak", func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if soakStoreIsOut.Load() {
				panic(http.ErrAbortHandler)
			}
			mu.Lock()
			fails, after := random.IntN(20) == 0, random.IntN(2) == 0
			mu.Unlock()
			if fails = fails && r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/out/"); !fails {
				h.ServeHTTP(rw, r)
				return
			}
			if after {
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
			rw.WriteHeader(http.StatusInternalServerError)
		})
	})
	store, err := soakOptions.Open("s3://soak")
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// soakServers starts a cluster and returns the address of a queue on it.
func soakServers(t *testing.T, servers *[3]*soakProcess) (address string) {
	t.Helper()
	var ports, routes []string
	for range servers {
		for _, list := range []*[]string{&ports, &routes} {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			*list = append(*list, l.Addr().String())
		}
	}
	dir := t.TempDir()
	for i := range servers {
		servers[i] = newSoakProcess(t, "soak-server", fmt.Sprint("server-", i), ports[i], routes[i], strings.Join(routes, ","), filepath.Join(dir, fmt.Sprint(i)))
		defer servers[i].resume() // when the ports are free
	}
	return "nats://" + strings.Join(ports, ",") + "/soak"
}

// soakServer is a server of the cluster: its name, its address, that of its route, all routes,
// and its directory.
func soakServer() {
	address := func(text string) (host string, port int) {
		at, err := net.ResolveTCPAddr("tcp", text)
		if err != nil {
			panic(err)
		}
		return at.IP.String(), at.Port
	}
	options := &server.Options{
		ServerName: os.Args[1], JetStream: true, StoreDir: os.Args[5], NoSigs: true, NoLog: true,
		Routes: server.RoutesFromStr("nats://" + strings.ReplaceAll(os.Args[4], ",", ",nats://")),
	}
	options.Host, options.Port = address(os.Args[2])
	options.Cluster.Name = "soak"
	options.Cluster.Host, options.Cluster.Port = address(os.Args[3])
	s, err := server.NewServer(options)
	if err != nil {
		panic(err)
	}
	s.Start()
	select {}
}

// soakConnect connects to the queue when the cluster is there.
func soakConnect(t *testing.T, config queue.Config) *queue.Queue {
	t.Helper()
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		var q *queue.Queue
		if q, err = queue.Connect(t.Context(), config); err == nil {
			t.Cleanup(q.Close)
			return q
		}
	}
	t.Fatal(err)
	return nil
}

// A soakProcess is a program that starts again when it has ended, as under a service manager,
// unless it is on hold.
type soakProcess struct {
	name string
	args []string
	file *os.File // its log

	mu      sync.Mutex
	process *os.Process
	onHold  bool
	over    bool
	ended   chan struct{} // closed when the process has ended for good
	change  *sync.Cond
}

// newSoakProcess returns one that is on hold.
func newSoakProcess(t *testing.T, name string, args ...string) *soakProcess {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	p := &soakProcess{name: name, args: args, file: file, onHold: true, ended: make(chan struct{})}
	p.change = sync.NewCond(&p.mu)
	go p.run()
	t.Cleanup(func() {
		p.mu.Lock()
		p.over = true
		p.mu.Unlock()
		p.change.Broadcast()
		p.kill()
		<-p.ended
		file.Close()
	})
	return p
}

func startSoakProcess(t *testing.T, name string, args ...string) *soakProcess {
	t.Helper()
	p := newSoakProcess(t, name, args...)
	p.resume()
	return p
}

func (p *soakProcess) run() {
	defer close(p.ended)
	for {
		cmd := exec.Command(os.Args[0], p.args...)
		cmd.Args[0] = p.name // which tells the test binary what to be
		cmd.Stderr = p.file
		p.mu.Lock()
		for p.onHold && !p.over {
			p.change.Wait()
		}
		if p.over {
			p.mu.Unlock()
			return
		}
		err := cmd.Start()
		p.process = cmd.Process
		p.mu.Unlock()
		if err == nil {
			_ = cmd.Wait()
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (p *soakProcess) signal(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process != nil {
		_ = p.process.Signal(sig)
	}
}

func (p *soakProcess) kill() { p.signal(syscall.SIGKILL) }

// freeze stops the process for a time.
func (p *soakProcess) freeze(d time.Duration) {
	p.signal(syscall.SIGSTOP)
	time.Sleep(d)
	p.signal(syscall.SIGCONT)
}

// hold kills the process, which does not start again before resume.
func (p *soakProcess) hold() {
	p.mu.Lock()
	p.onHold = true
	p.mu.Unlock()
	p.kill()
}

func (p *soakProcess) resume() {
	p.mu.Lock()
	p.onHold = false
	p.mu.Unlock()
	p.change.Broadcast()
}

// log returns the end of what the process has written.
func (p *soakProcess) log() string {
	text, _ := os.ReadFile(p.file.Name())
	return string(text[max(0, len(text)-4000):])
}
