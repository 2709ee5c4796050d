package netpipe

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

const haproxyConfig = "../scripts/deploy/haproxy.cfg"

func TestHAProxyConfig(t *testing.T) {
	pipetest.Parallel(t)
	needsHAProxy(t)
	if out, err := exec.Command("haproxy", "-c", "-f", haproxyConfig).CombinedOutput(); err != nil || bytes.Contains(out, []byte("WARNING")) {
		t.Errorf("%v: %s", err, out)
	}
}

func needsHAProxy(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("haproxy"); err != nil {
		t.Skip("no haproxy: the servers are not tested behind it")
	}
}

// behindHAProxy starts HAProxy with the configuration that we ship. replace has the addresses
// of servers. It returns the addresses of its raw and its HTTP port.
func behindHAProxy(t *testing.T, replace ...string) (raw, web Addr) {
	t.Helper()
	text, err := os.ReadFile(haproxyConfig)
	if err != nil {
		t.Fatal(err)
	}
	replace = append(replace, "/dev/log", "stdout format raw",
		"bind :8888", fmt.Sprintf("bind fd@%d", firstSocket), "bind :8080", fmt.Sprintf("bind fd@%d", firstSocket+1))
	at := startProxy(t, "haproxy", 2, func(string, []string) string {
		return strings.NewReplacer(replace...).Replace(string(text))
	}, func(_, config string, cmd *exec.Cmd) {
		cmd.Args = append(cmd.Args, "-db", "-f", config)
	})
	return Addr{Network: "tls", Address: at[0]}, Addr{Network: "http", Address: at[1]}
}

// What a client sees of a server that breaks off in mid-answer, through HAProxy. Over TLS and
// HTTP no part of an answer is whole. A raw connection without TLS ends like that of a whole
// answer, which is why the configuration has none.
func TestHAProxyVerdict(t *testing.T) {
	pipetest.Parallel(t)
	needsHAProxy(t)
	breaks := func(s fdio.Socket) error {
		_, err := io.Copy(io.Discard, s)
		_, _ = s.Write(pipetest.Written(100_000))
		pipetest.Reset(s)
		return err
	}
	breaksHTTP := func(length string) func(int, fdio.Socket, *http.Request) bool {
		return func(_ int, s fdio.Socket, r *http.Request) bool {
			takes(s, r)
			respond(s, "HTTP/1.1 200 OK\n"+length+"\n\n186a0\n")
			_, _ = s.Write(pipetest.Written(100_000))
			pipetest.Reset(s)
			return false
		}
	}
	for _, test := range []struct {
		name    string
		server  *fakeHop
		isWhole bool // for the client
	}{
		{"tls", newFakeTLSHop(t, breaks), false},
		{"http, with a length", newHTTPHop(t, breaksHTTP("Content-Length: 1000000")), false},
		{"http, in chunks", newHTTPHop(t, breaksHTTP("Transfer-Encoding: chunked")), false},
		{"raw, without TLS", newFakeHop(t, breaks), true},
	} {
		at := test.server.addr()
		raw, web := behindHAProxy(t, "check port 9888", "", " send-proxy-v2", "", "10.0.0.1:8888", at.Address, "10.0.0.2:8888", at.Address,
			"10.0.0.1:8080", at.Address, "10.0.0.2:8080", at.Address)
		client := &Client{Addr: raw, TLS: pipetest.ClientFiles()}
		switch at.Network {
		case "http":
			client.Addr = web
		case "tcp":
			client.Addr.Network = "tcp"
		}
		for range 20 {
			var out bytes.Buffer
			err := client.Send(t.Context(), bytes.NewReader(pipetest.Noise(1000)), &out)
			if (err == nil) != test.isWhole || !test.isWhole && !errors.Is(err, ErrNotWhole) {
				t.Errorf("%s: %d bytes, %v", test.name, out.Len(), err)
			}
		}
		client.CloseIdle()
	}
}

// A haproxied is a process of netpipe behind HAProxy.
type haproxied struct {
	cmd              *exec.Cmd
	raw, web, status string
}

// startHaproxied starts netpipe at these addresses.
func startHaproxied(t *testing.T, program string, logs *sync.WaitGroup, raw, web, status string) *haproxied {
	t.Helper()
	files := pipetest.ServerFiles()
	cmd := exec.Command(program, append([]string{"-log-format", "text", "-listen", "tls:" + raw, "-listen", "http://" + web, "-status", status,
		"-tls-cert", files.Cert, "-tls-key", files.Key, "-proxy-protocol", "-trust", "127.0.0.1", "-limit-memory", "0", "-env", "GORACE"}, pipetest.Filter("copy")...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h := &haproxied{cmd: cmd}
	t.Cleanup(h.kill)
	log := bufio.NewScanner(stderr)
	var said []string
	for _, at := range []struct {
		prefix string
		to     *string
	}{{`msg="status port" addr=`, &h.status}, {"msg=listening addr=tls:", &h.raw}, {"msg=listening addr=http://", &h.web}} {
		for *at.to == "" && log.Scan() {
			said = append(said, log.Text())
			if _, rest, found := strings.Cut(log.Text(), at.prefix); found {
				*at.to, _, _ = strings.Cut(rest, " ")
			}
		}
		if *at.to == "" {
			t.Fatalf("netpipe does not listen: %q", said)
		}
	}
	logs.Go(func() {
		for log.Scan() { // a full pipe would cost records
		}
	})
	return h
}

func (h *haproxied) kill() {
	_ = h.cmd.Process.Kill()
	_ = h.cmd.Wait()
}

// One of two netpipes behind HAProxy is killed and started again under load: what a client
// counts whole is right, and what it sends again when that may help is answered.
func TestHAProxyKill(t *testing.T) {
	pipetest.Parallel(t)
	needsHAProxy(t)
	seed := seed(t)
	program := buildNetpipe(t)
	var logs sync.WaitGroup
	t.Cleanup(logs.Wait)
	frail := startHaproxied(t, program, &logs, lonely, lonely, lonely)
	steady := startHaproxied(t, program, &logs, "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0")
	var replace []string
	for host, h := range map[string]*haproxied{"10.0.0.1": frail, "10.0.0.2": steady} {
		_, port, _ := net.SplitHostPort(h.status)
		replace = append(replace, host+":8888", h.raw+" port "+port, host+":8080", h.web+" port "+port)
	}
	raw, web := behindHAProxy(t, append(replace, "inter 2s downinter 1s", "inter 100ms")...)

	source := rand.New(rand.NewPCG(seed, 0))
	inputs := make(chan []byte)
	var clients sync.WaitGroup
	var again atomic.Int64
	for i := range soakClients {
		client := &Client{Addr: []Addr{raw, web}[i%2], TLS: pipetest.ClientFiles()}
		clients.Go(func() {
			defer client.CloseIdle()
			for input := range inputs {
				again.Add(int64(sendUntilWhole(t, client, input)))
			}
		})
	}
	defer func() {
		close(inputs)
		clients.Wait()
		t.Logf("%d inputs, sent again %d times", *soakCount, again.Load())
	}()
	isDead := false
	for range *soakCount {
		switch source.IntN(10) {
		case 0:
			frail.kill()
			isDead = true
		case 1, 2, 3:
			if isDead {
				frail = startHaproxied(t, program, &logs, frail.raw, frail.web, frail.status)
				isDead = false
			}
		}
		inputs <- pipetest.Noise(1 + source.IntN(1<<source.IntN(23)))
	}
}

// sendUntilWhole sends an input until its answer is whole, and returns how often that was not
// so.
func sendUntilWhole(t *testing.T, client *Client, input []byte) (failures int) {
	for ; ; failures++ {
		var answer bytes.Buffer
		err := client.Send(t.Context(), bytes.NewReader(input), &answer)
		if _, again := Retryable(err); err != nil && again && failures < 10 {
			continue
		}
		if err != nil || !bytes.Equal(answer.Bytes(), input) {
			t.Errorf("%s, try %d: want %d bytes, got %d (equal: %t) and %v", client.Addr, failures+1, len(input), answer.Len(), bytes.Equal(answer.Bytes(), input), err)
		}
		return failures
	}
}
