package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"imgpipe/scripts/bench/figures"
	"imgpipe/scripts/bench/load"
	"imgpipe/scripts/bench/proctree"
)

// A bench collects races.
type bench struct {
	bin, tmp, peer string
	sharp          string // the folder in which node finds sharp; "" if it can't
	clients        []int
	rounds         int
	window         time.Duration     // in which a round's requests begin
	skipped        map[string]string // contenders that can't run, and why
	races          []*race
	idle           int64 // bytes of a netpipe with nothing ready
}

// A race is one work on one picture for so many clients, by several contenders.
type race struct {
	work    string
	picture *input
	clients int
	results []*result // ours first
}

// A result is what came of a contender's rounds.
type result struct {
	*contender
	load.Result
	rates   []float64 // right answers per second, of each round
	cpu     []float64 // seconds of all server processes together, per right answer, of each round
	memory  int64     // the most that they had together
	service time.Duration
}

// ratio is the median, over the rounds, of how many times as many answers
// another gives.
func (r *result) ratio(other *result) float64 {
	var all []float64
	for i := range r.rates {
		all = append(all, other.rates[i]/r.rates[i])
	}
	return figures.Median(all)
}

// strain is the slowest answers' time as a multiple of what one client after the
// other would take to be served.
func (r *result) strain(clients int) float64 {
	return r.Percentile(99).Seconds() / (float64(clients) * r.service.Seconds())
}

// race starts every contender for a work and loads them in turn.
func (b *bench) race(ctx context.Context, work string, in *input) error {
	var all []*running
	defer func() {
		for _, r := range all {
			r.end()
		}
	}()
	for _, c := range contenders(work) {
		r, err := b.start(ctx, c, work, in)
		if skip := new(notThere); asSkip(err, skip) {
			b.skipped[c.name] = skip.why
			continue
		}
		if err != nil {
			return fmt.Errorf("%s of %s with %s: %w", work, in.Label, c.name, err)
		}
		all = append(all, r)
	}
	service := map[*running]time.Duration{}
	for _, clients := range b.clients {
		race := &race{work: work, picture: in, clients: clients}
		for _, r := range all {
			race.results = append(race.results, &result{contender: r.contender, service: service[r]})
		}
		rounds := b.rounds
		if clients*len(in.data) > 50<<20 { // all of them large at once takes long enough
			rounds = 1
		}
		for range rounds {
			for i, r := range all {
				if err := race.results[i].add(ctx, r, &load.Load{Clients: clients, Time: b.window}); err != nil {
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

// add runs one round.
func (r *result) add(ctx context.Context, on *running, l *load.Load) error {
	l.Target, l.Exchanges = on.target, []load.Exchange{on.exchange}
	before, err := proctree.CPU(on.pids()...)
	if err != nil {
		return err
	}
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		// A look takes two milliseconds, but has to get them among all that is at
		// work. Without the right to go first there are fewer looks.
		runtime.LockOSThread()
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, -15)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			if now, err := proctree.Memory(on.pids()...); err == nil {
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
	<-watched
	after, err := proctree.CPU(on.pids()...)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.Add(got)
	r.rates = append(r.rates, got.Rate())
	r.cpu = append(r.cpu, (after-before).Seconds()/float64(max(1, len(got.Latencies))))
	return nil
}

// measureIdle looks at a netpipe that has nothing ready and nothing to do.
func (b *bench) measureIdle(ctx context.Context) error {
	s := &servers{bench: b, ctx: ctx}
	defer s.end()
	addr, err := s.netpipe("-listen", "127.0.0.1:0", "-pool", "0", "cat")
	if err != nil {
		return err
	}
	if _, err := load.Send(ctx, addr, []byte("once")); err != nil {
		return err
	}
	time.Sleep(time.Second) // what it needed for that is given back
	b.idle, err = proctree.Memory(s.pids()...)
	return err
}
