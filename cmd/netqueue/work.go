package main

import (
	"os"
	"runtime"
	"time"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/hosting"
	"imgpipe/cmd/internal/logging"
	"imgpipe/netpipe"
	"imgpipe/netpipe/queue"
	"imgpipe/netpipe/queue/metrics"
	"imgpipe/netpipe/statusport"
)

// A worker is the command work.
type worker struct {
	at        *place
	worker    queue.Worker
	filter    netpipe.Server // what starts the filter
	status    late[netpipe.Addr]
	logFormat string
}

func newWorker(at *place) *worker {
	return &worker{
		at: at, filter: netpipe.Defaults(), status: late[netpipe.Addr]{parse: netpipe.ParseAddr},
		worker: queue.Worker{Jobs: 2 * runtime.GOMAXPROCS(0), Tries: 5, Drain: 30 * time.Second},
	}
}

func (w *worker) command() app.Command {
	s := &w.filter
	return app.Command{Name: "work", Run: w.run, Flags: []*app.Flag{
		app.PerMachine("2 per core", app.Count("jobs", &w.worker.Jobs, "do `N` jobs at once; more than one per core, because a job also waits for the queue and the stores")),
		app.Count("reuse", &s.Reuse, "let a filter, which must be a worker, filter `N` objects (default: one, any program)"),
		app.Count("tries", &w.worker.Tries, "try a job `N` times, if it fails for another reason than its object"),
		app.Switch("force", &w.worker.Force, "do jobs whose results are there, made of the same content"),
		app.Time("drain", &w.worker.Drain, "after SIGTERM, give the jobs that have begun `TIME`"),
		app.Time("ack-wait", &w.at.config.AckWait, "give a job to another worker if its own is silent for `TIME`; it stays as it is while others work; 0: as it is, at first 30s"),
		hosting.EnvFlag(s),
		app.Size("limit-memory", &s.FilterMemory, "let a process of the filter have `SIZE` of memory"),
		app.PerMachine("1m per core", app.Time("limit-cpu", &s.FilterCPU, "let a process of the filter take `TIME` of processor for each object; the default is -timeout on each core")),
		hosting.NiceFlag(s),
		app.Time("start-timeout", &s.StartTimeout, "with -reuse: give a worker `TIME` to answer the greeting"),
		app.Time("timeout", &s.Timeout, "give the filter `TIME` for an object, which includes reading it"),
		app.Size("max-input", &s.MaxInput, "take objects up to `SIZE`"),
		app.Size("max-answer", &s.MaxAnswer, "hold results up to `SIZE` each"),
		app.Switch("allow-empty", &s.AllowEmpty, "let 0 bytes be a whole result"),
		endpointFlag(&w.worker.Stores),
		{Name: "status", Usage: "answer GET /healthz, /readyz and /metrics (Prometheus) on `ADDR`", Value: &w.status},
		app.String("log-format", &w.logFormat, "write the log as `FORMAT`: text or json (default: text on a terminal)"),
	}}
}

// lastRecords is how long the log may take for its last records.
const lastRecords = time.Second

// run does jobs until a signal.
func (w *worker) run(c *cli.Context) (err error) {
	if w.filter.Filter = c.Args().Slice(); len(w.filter.Filter) == 0 {
		return app.Usagef("no filter: type netqueue work -queue QUEUE FILTER [ARG...]")
	}
	if _, err := netpipe.Programs(w.filter.Filter); err != nil {
		return app.Usagef("%w", err)
	}
	if w.status.err != nil {
		return app.Usagef("-status: %w", w.status.err)
	}
	if w.worker.Jobs == 0 || w.worker.Tries == 0 {
		return app.Usagef("-jobs and -tries are 1 at least")
	}
	if !c.IsSet("limit-cpu") {
		w.filter.FilterCPU = netpipe.MaxFilterCPU(w.filter.Timeout)
	}
	w.filter.Pool = w.worker.Jobs
	log, records, err := logging.New(w.logFormat, hosting.WithHint(hints.Of))
	if err != nil {
		return err
	}
	defer func() {
		if !records.Close(lastRecords) && err != nil {
			os.Exit(1) // the reader of stderr has stalled: a line about err would wait for it
		}
	}()
	if err := hosting.LimitSeconds(); err != nil {
		return err
	}
	if log, err = hosting.LogSandbox(log); err != nil {
		return err
	}
	w.filter.Log, w.worker.Log = log, log
	port, err := statusport.Listen(w.status.value, 0)
	if err != nil {
		return err
	}
	defer port.Close() // when all else is over
	ctx := untilSignal()
	w.at.config.Make = true
	if w.worker.Queue, err = w.at.connect(ctx, log); err != nil {
		return err
	}
	defer w.worker.Queue.Close()
	if w.worker.Filter, err = netpipe.NewRunner(&w.filter); err != nil {
		return err
	}
	defer w.worker.Filter.Close()
	if !w.status.value.IsZero() {
		port.Serve(statusport.Pages{NotReady: w.worker.NotReady, Metrics: metrics.Handler(&w.worker)}, log)
	}
	log.Info("working", "queue", w.at.address.value.Name, "jobs", w.worker.Jobs)
	defer log.Info("stopped")
	return w.worker.Run(ctx)
}
