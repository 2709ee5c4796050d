// Benchnet compares netpipe, with this project's filters, with the peers that are
// installed. It puts each server under load by many clients over loopback. The contenders
// take turns, round by round, so that changes in the load of the machine affect all of
// them. scripts/bench-net.sh runs benchnet.
//
//	benchnet [-quick] BIN OUT PEER JPEG...
//
// runs the benchmarks. BIN is the folder of the programs, PEER that of the Python servers.
// Benchnet writes tables to OUT/bench-net.md and a plot to OUT/bench-net.svg. With -quick
// it takes seconds, uses the first JPEG only, and just shows that everything works.
//
//	benchnet imaging QUALITY
//
// is one of the peers: it does the work in process with package imaging, over HTTP.
//
//	benchnet copy
//
// is a worker that changes nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"imgpipe/netpipe/worker"
	"imgpipe/scripts/bench/picture"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench-net:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 2 && args[0] == "imaging" {
		return serveImaging(args[1])
	}
	if len(args) == 1 && args[0] == "copy" {
		return worker.Serve(os.Stdin, os.Stdout, func(w io.Writer, r io.Reader) error {
			_, err := io.Copy(w, r)
			return err
		})
	}
	flags := flag.NewFlagSet("bench-net", flag.ContinueOnError)
	quick := flags.Bool("quick", false, "one short round with few clients")
	if err := flags.Parse(args); err != nil {
		return err
	}
	args = flags.Args()
	if len(args) < 4 {
		return errors.New("usage: benchnet [-quick] BIN OUT PEER JPEG [JPEG...]")
	}
	tmp, err := os.MkdirTemp("", "imgpipe-bench-net-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	bin, err := filepath.Abs(args[0])
	if err != nil {
		return err
	}
	b := &bench{bin: bin, tmp: tmp, peer: args[2], clients: []int{1, 8, 64}, rounds: 3, window: 250 * time.Millisecond, skipped: map[string]string{}}
	photos := args[3:]
	if *quick {
		b.clients, b.rounds, b.window, photos = []int{1, 8}, 1, 100*time.Millisecond, photos[:1]
	}
	if b.certificate, err = newCertificate(tmp); err != nil {
		return err
	}
	b.installSharp(ctx)
	for _, photo := range photos {
		p, err := picture.Describe(photo, "")
		if err != nil {
			return err
		}
		in, err := newInput(p)
		if err != nil {
			return err
		}
		for _, work := range []string{"copy", "half", "pipe"} {
			if err := b.race(ctx, work, in); err != nil {
				return err
			}
		}
	}
	if err := b.measureIdle(ctx); err != nil {
		return err
	}
	for _, line := range b.targets() {
		fmt.Println(line)
	}
	if err := os.WriteFile(filepath.Join(args[1], "bench-net.md"), b.table(), 0o666); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(args[1], "bench-net.svg"), b.plot(), 0o666); err != nil {
		return err
	}
	return b.failures()
}
