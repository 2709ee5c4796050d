// Package load measures a server under load. Several clients send inputs; each client
// sends its next input after the answer to the last one. They compare every answer with
// the right one, byte for byte.
package load

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// An Exchange is an input and the right answer to it.
type Exchange struct{ Input, Want []byte }

// A Load describes the clients of one server and how long they send requests.
type Load struct {
	// Target is the address of the server. For "127.0.0.1:8888" each request is a TCP
	// connection: a half-close ends the input, and FIN ends the answer. For
	// "http://127.0.0.1:8080/" each request is a POST, on persistent connections.
	// "tls:127.0.0.1:8888" and "https://127.0.0.1:8443/" are the same over TLS.
	Target    string
	TLS       *tls.Config   // of a Target with TLS
	Fresh     bool          // each POST has a connection of its own
	Clients   int           // number of clients
	Exchanges []Exchange    // each client cycles through all, from a different one on
	Requests  int           // total number of requests; 0 means no limit
	Duration  time.Duration // time in which requests begin; 0 means no limit
	Timeout   time.Duration // for one answer; 0 means a minute
}

// A Result is the result of a Load.
type Result struct {
	Wall      time.Duration   // from the first request to the last answer
	Latencies []time.Duration // of each right answer, from dialling to its last byte; sorted
	Failed    int             // number of requests without a right answer
	Err       error           // of the first failed request
}

// ErrWrong is wrapped by the error for an answer that is complete but not the right one.
var ErrWrong = errors.New("wrong answer")

// Rate returns the number of right answers per second.
func (r *Result) Rate() float64 { return float64(len(r.Latencies)) / r.Wall.Seconds() }

// Percentile returns the latency that p percent of the right answers do not exceed, or 0
// if there are no right answers.
func (r *Result) Percentile(p int) time.Duration {
	if len(r.Latencies) == 0 {
		return 0
	}
	return r.Latencies[(len(r.Latencies)*p+99)/100-1]
}

// Add adds the result of another run.
func (r *Result) Add(other *Result) {
	r.Wall += other.Wall
	r.Latencies = append(r.Latencies, other.Latencies...)
	slices.Sort(r.Latencies)
	r.Failed += other.Failed
	if r.Err == nil {
		r.Err = other.Err
	}
}

// Run sends requests until the limits are reached or ctx ends, and waits for the answers
// to the requests that have begun.
func (l *Load) Run(ctx context.Context) *Result {
	send, closeIdle := l.sender()
	defer closeIdle()
	timeout := l.Timeout
	if timeout == 0 {
		timeout = time.Minute
	}
	var begun atomic.Int64
	results := make([]Result, l.Clients)
	var clients sync.WaitGroup
	start := time.Now()
	for i := range l.Clients {
		clients.Go(func() {
			r := &results[i]
			var answer bytes.Buffer
			for n := i; ctx.Err() == nil; n++ {
				sent := time.Now()
				if l.Duration > 0 && sent.Sub(start) >= l.Duration || l.Requests > 0 && begun.Add(1) > int64(l.Requests) {
					return
				}
				x := l.Exchanges[n%len(l.Exchanges)]
				answer.Reset()
				err := withTimeout(ctx, timeout, func(ctx context.Context) error { return send(ctx, x.Input, &answer) })
				if err == nil && !bytes.Equal(answer.Bytes(), x.Want) {
					err = fmt.Errorf("%w of %d bytes, the right one has %d", ErrWrong, answer.Len(), len(x.Want))
				}
				if err == nil {
					r.Latencies = append(r.Latencies, time.Since(sent))
					continue
				}
				r.Failed++
				if r.Err == nil {
					r.Err = err
				}
			}
		})
	}
	clients.Wait()
	all := &Result{Wall: time.Since(start)}
	for i := range results {
		all.Failed += results[i].Failed
		all.Latencies = append(all.Latencies, results[i].Latencies...)
		if all.Err == nil {
			all.Err = results[i].Err
		}
	}
	slices.Sort(all.Latencies)
	return all
}

// Send sends one input and returns the answer.
func (l *Load) Send(ctx context.Context, input []byte) ([]byte, error) {
	send, closeIdle := l.sender()
	defer closeIdle()
	var answer bytes.Buffer
	err := send(ctx, input, &answer)
	return answer.Bytes(), err
}

// withTimeout calls do with a context that ends after d.
func withTimeout(ctx context.Context, d time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return do(ctx)
}

// sender returns a function that sends an input to the target and appends the answer to a
// buffer, and a function that closes persistent connections.
func (l *Load) sender() (send func(context.Context, []byte, *bytes.Buffer) error, closeIdle func()) {
	if !strings.HasPrefix(l.Target, "http") {
		return l.sendRaw, func() {}
	}
	transport := &http.Transport{
		MaxIdleConnsPerHost: l.Clients, MaxConnsPerHost: l.Clients, DisableCompression: true,
		TLSClientConfig: l.TLS, DisableKeepAlives: l.Fresh,
	}
	client := &http.Client{Transport: transport}
	return func(ctx context.Context, input []byte, answer *bytes.Buffer) error {
		return post(ctx, client, l.Target, input, answer)
	}, transport.CloseIdleConnections
}

// sendRaw makes one request over TCP, with or without TLS.
func (l *Load) sendRaw(ctx context.Context, input []byte, answer *bytes.Buffer) error {
	addr, withTLS := strings.CutPrefix(l.Target, "tls:")
	tcp, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer tcp.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = tcp.SetDeadline(deadline)
	}
	conn := tcp.(halfCloser)
	if withTLS {
		conn = tls.Client(tcp, l.TLS)
	}
	sent := make(chan error, 1)
	go func() { // a server may answer before it has read everything
		_, err := conn.Write(input)
		if err == nil {
			err = conn.CloseWrite()
		}
		sent <- err
	}()
	_, err = answer.ReadFrom(conn)
	tcp.Close()
	return errors.Join(<-sent, err)
}

// A halfCloser is a *net.TCPConn or a *tls.Conn.
type halfCloser interface {
	io.ReadWriter
	CloseWrite() error
}

// post makes one request over HTTP.
func post(ctx context.Context, client *http.Client, url string, input []byte, answer *bytes.Buffer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(input))
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		_, _ = io.Copy(io.Discard, resp.Body) // so that the connection is reused
		return errors.New(resp.Status)
	}
	_, err = answer.ReadFrom(resp.Body)
	return err
}
