package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"imgpipe/scripts/bench/figures"
	"imgpipe/scripts/bench/load"
	"imgpipe/scripts/bench/proctree"
)

// A bench runs races and keeps their results.
type bench struct {
	bin         string            // folder of the programs
	tmp         string            // temporary folder
	peer        string            // folder of the Python servers
	certificate                   // of servers with TLS
	sharp       string            // folder in which node finds sharp; "" if sharp is not installed
	clients     []int             // numbers of clients to race with
	rounds      int               // per race
	window      time.Duration     // time in which the requests of a round begin
	skipped     map[string]string // contenders that cannot run here, and why
	races       []*race
	idle        int64 // memory in bytes of an idle netpipe without a pool
}

// A race is one work on one picture with a number of clients, by several contenders.
type race struct {
	work    string
	picture *input
	clients int
	results []*result // ours first
}

// A result holds the figures of a contender in a race.
type result struct {
	*contender
	load.Result
	rates   []float64     // right answers per second in each round
	used    []roundUse    // of each round
	memory  int64         // peak memory of all server processes together, in bytes
	service time.Duration // median latency with one client
}

// A roundUse is what all server processes have used in a round, and for how many right
// answers.
type roundUse struct {
	proctree.Usage
	answers float64
}

// median returns the median of a figure per answer over the rounds.
func (r *result) median(f func(proctree.Usage) float64) float64 {
	var all []float64
	for _, u := range r.used {
		all = append(all, f(u.Usage)/u.answers)
	}
	return figures.Median(all)
}

// ratio returns the median, over the rounds, of the ratio of other's rate to r's.
func (r *result) ratio(other *result) float64 {
	var all []float64
	for i := range r.rates {
		all = append(all, other.rates[i]/r.rates[i])
	}
	return figures.Median(all)
}

// strain returns the 99th percentile of the latency divided by clients x service, the
// time to serve all clients one after the other.
func (r *result) strain(clients int) float64 {
	return r.Percentile(99).Seconds() / (float64(clients) * r.service.Seconds())
}

// race starts every contender for a work and puts them under load in turn.
func (b *bench) race(ctx context.Context, work string, in *input) error {
	var all []*activeContender
	defer func() {
		for _, r := range all {
			r.end()
		}
	}()
	for _, c := range contenders(work) {
		r, err := b.start(ctx, c, work, in)
		if missing := new(unavailable); errors.As(err, &missing) {
			b.skipped[c.name] = missing.why
			continue
		}
		if err != nil {
			return fmt.Errorf("%s of %s with %s: %w", work, in.Label, c.name, err)
		}
		all = append(all, r)
	}
	service := map[*activeContender]time.Duration{}
	for _, clients := range b.clients {
		race := &race{work: work, picture: in, clients: clients}
		for _, r := range all {
			race.results = append(race.results, &result{contender: r.contender, service: service[r]})
		}
		rounds := b.rounds
		if clients*len(in.data) > 50<<20 { // one round with so much data takes long enough
			rounds = 1
		}
		for range rounds {
			for i, r := range all {
				if err := race.results[i].add(ctx, r, clients, b.window); err != nil {
					return err
				}
			}
		}
		for i, r := range all {
			if clients == 1 {
				service[r] = race.results[i].Percentile(50)
				race.results[i].service = service[r]
			}
		}
		b.races = append(b.races, race)
		fmt.Fprintf(os.Stderr, "%s, %s, %d clients: done\n", work, in.Label, clients)
	}
	return nil
}

// add runs one round, in which requests begin within window, and adds its figures.
func (r *result) add(ctx context.Context, contender *activeContender, clients int, window time.Duration) error {
	l := contender.load(clients)
	l.Duration = window
	before, err := proctree.Used(contender.pids()...)
	if err != nil {
		return err
	}
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		// A measurement takes 2 ms of CPU time, for which this thread competes with the
		// servers. Where a higher priority is not permitted, there are fewer measurements.
		runtime.LockOSThread()
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, -15)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			if now, err := proctree.Memory(contender.pids()...); err == nil {
				r.memory = max(r.memory, now)
			}
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	}()
	got := l.Run(ctx)
	close(done)
	<-stopped
	after, err := proctree.Used(contender.pids()...)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.Add(got)
	r.rates = append(r.rates, got.Rate())
	r.used = append(r.used, roundUse{after.Sub(before), float64(max(1, len(got.Latencies)))})
	return nil
}

// measureIdle measures the memory of an idle netpipe without a pool.
func (b *bench) measureIdle(ctx context.Context) error {
	s := &serverGroup{bench: b, ctx: ctx}
	defer s.end()
	addr, err := s.netpipe("-listen", "127.0.0.1:0", "-pool", "0", "cat")
	if err != nil {
		return err
	}
	if _, err := (&load.Load{Target: addr}).Send(ctx, []byte("once")); err != nil {
		return err
	}
	time.Sleep(time.Second) // until netpipe has given back the memory for that request
	b.idle, err = proctree.Memory(s.pids()...)
	return err
}
