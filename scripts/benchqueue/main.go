// Benchqueue measures what the queue of netqueue costs. scripts/bench-queue.sh runs it.
//
//	benchqueue [-rounds N] [-photos N] [-jobs N] BIN TMP JPEG
//
// BIN is the folder of the programs, and TMP one that is empty. Benchqueue writes two tables to
// stdout: copies of the JPEG through netqueue, with folders and with versitygw if it is
// installed, beside netpipe -run of the same files and filters; and many empty jobs.
//
//	benchqueue serve DIR
//
// is a NATS server, which prints its address and that of its monitor.
//
//	benchqueue nothing
//
// is a worker whose results are empty.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/nats-io/nats-server/v2/server"

	"imgpipe/netpipe/worker"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench-queue:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "serve":
		return serve(args[1])
	case len(args) == 1 && args[0] == "nothing":
		return worker.Serve(os.Stdin, os.Stdout, func(_ io.Writer, r io.Reader) error {
			_, err := io.Copy(io.Discard, r)
			return err
		})
	}
	flags := flag.NewFlagSet("bench-queue", flag.ContinueOnError)
	rounds := flags.Int("rounds", 5, "times that each contender filters the photos")
	photos := flags.Int("photos", 600, "copies of the JPEG; 0: none are filtered")
	jobs := flags.Int("jobs", 100_000, "empty jobs; 0: none are done")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 3 {
		return errors.New("usage: benchqueue [-rounds N] [-photos N] [-jobs N] BIN TMP JPEG")
	}
	bin, err := filepath.Abs(flags.Arg(0))
	if err != nil {
		return err
	}
	if err := os.Setenv("PATH", bin+":"+os.Getenv("PATH")); err != nil {
		return err
	}
	if *photos > 0 {
		if err := comparePhotos(flags.Arg(1), flags.Arg(2), *photos, *rounds); err != nil {
			return err
		}
	}
	if *jobs > 0 {
		return countEmptyJobs(flags.Arg(1), *jobs)
	}
	return nil
}

// serve runs a NATS server without an end.
func serve(dir string) error {
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, HTTPHost: "127.0.0.1", HTTPPort: server.RANDOM_PORT,
		JetStream: true, StoreDir: dir, NoLog: true,
	})
	if err != nil {
		return err
	}
	s.Start()
	fmt.Printf("%s %s\n", s.Addr(), s.MonitorAddr())
	s.WaitForShutdown()
	return nil
}
