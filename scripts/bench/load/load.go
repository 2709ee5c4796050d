// Package load puts a server under load: clients that send inputs again and
// again, each its next when it has the answer to its last, and hold every answer
// against what it must be, byte for byte.
package load

import (
	"bytes"
	"context"
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

// An Exchange is an input and the one answer that is right.
type Exchange struct{ Input, Want []byte }

// A Load is clients at work on one server.
type Load struct {
	// Target is "127.0.0.1:8888", a connection for each input, whose half-close
	// ends the input and whose FIN the answer; or "http://127.0.0.1:8080/", a
	// POST for each input on connections that stay.
	Target    string
	Clients   int
	Exchanges []Exchange    // each client goes through all, beginning at another
	Requests  int           // in all; 0 is no limit
	Time      time.Duration // in which requests begin; 0 is no limit
	Patience  time.Duration // for one answer; 0 is a minute
}

// A Result is what came of a Load.
type Result struct {
	Wall      time.Duration   // from the beginning to the last answer
	Latencies []time.Duration // of each right answer, from the connection's begin to the answer's end; sorted
	Failed    int             // requests without a right answer
	Err       error           // of the first of these
}

// ErrWrong is the error of an answer that came whole and isn't the right one.
var ErrWrong = errors.New("wrong answer")

// Rate is right answers per second.
func (r *Result) Rate() float64 { return float64(len(r.Latencies)) / r.Wall.Seconds() }

// Percentile is the latency that p percent of the right answers don't exceed; 0
// if there are none.
func (r *Result) Percentile(p int) time.Duration {
	if len(r.Latencies) == 0 {
		return 0
	}
	return r.Latencies[(len(r.Latencies)*p+99)/100-1]
}

// Add takes another run's answers in.
func (r *Result) Add(other *Result) {
	r.Wall += other.Wall
	r.Latencies = append(r.Latencies, other.Latencies...)
	slices.Sort(r.Latencies)
	r.Failed += other.Failed
	if r.Err == nil {
		r.Err = other.Err
	}
}

// Run runs the load until its limits are met or ctx ends. Requests that have
// begun are waited for.
func (l *Load) Run(ctx context.Context) *Result {
	send, end := sender(l.Target, l.Clients)
	defer end()
	patience := l.Patience
	if patience == 0 {
		patience = time.Minute
	}
	var begun atomic.Int64
	results := make([]Result, l.Clients)
	var clients sync.WaitGroup
	begin := time.Now()
	for i := range l.Clients {
		clients.Go(func() {
			r := &results[i]
			var answer bytes.Buffer
			for turn := i; ctx.Err() == nil; turn++ {
				at := time.Now()
				if l.Time > 0 && at.Sub(begin) >= l.Time || l.Requests > 0 && begun.Add(1) > int64(l.Requests) {
					return
				}
				x := l.Exchanges[turn%len(l.Exchanges)]
				answer.Reset()
				err := within(ctx, patience, func(ctx context.Context) error { return send(ctx, x.Input, &answer) })
				if err == nil && !bytes.Equal(answer.Bytes(), x.Want) {
					err = fmt.Errorf("%w: %d bytes, the right one has %d", ErrWrong, answer.Len(), len(x.Want))
				}
				if err == nil {
					r.Latencies = append(r.Latencies, time.Since(at))
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
	all := &Result{Wall: time.Since(begin)}
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

// Send sends one input to a target and gives the answer.
func Send(ctx context.Context, target string, input []byte) ([]byte, error) {
	send, end := sender(target, 1)
	defer end()
	var answer bytes.Buffer
	err := send(ctx, input, &answer)
	return answer.Bytes(), err
}

func within(ctx context.Context, d time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return do(ctx)
}

// sender gives what sends an input to target and appends the answer to a buffer;
// end closes the connections that stay.
func sender(target string, clients int) (send func(context.Context, []byte, *bytes.Buffer) error, end func()) {
	if !strings.HasPrefix(target, "http://") {
		return func(ctx context.Context, input []byte, answer *bytes.Buffer) error {
			return sendRaw(ctx, target, input, answer)
		}, func() {}
	}
	transport := &http.Transport{MaxIdleConnsPerHost: clients, MaxConnsPerHost: clients, DisableCompression: true}
	client := &http.Client{Transport: transport}
	return func(ctx context.Context, input []byte, answer *bytes.Buffer) error {
		return post(ctx, client, target, input, answer)
	}, transport.CloseIdleConnections
}

func sendRaw(ctx context.Context, addr string, input []byte, answer *bytes.Buffer) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if end, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(end)
	}
	sent := make(chan error, 1)
	go func() { // a server may answer before it has read everything
		_, err := conn.Write(input)
		if err == nil {
			err = conn.(*net.TCPConn).CloseWrite()
		}
		sent <- err
	}()
	_, err = answer.ReadFrom(conn)
	conn.Close()
	return errors.Join(<-sent, err)
}

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
		_, _ = io.Copy(io.Discard, resp.Body) // so that the connection stays
		return errors.New(resp.Status)
	}
	_, err = answer.ReadFrom(resp.Body)
	return err
}
