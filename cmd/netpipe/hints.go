package main

import (
	"errors"
	"os/exec"
	"strings"

	"imgpipe/cmd/internal/hosting"
	"imgpipe/netpipe"
)

// hints are the options that an error is about.
var hints = hosting.Hints{
	{netpipe.ErrNotAllowed, "-allow"},
	{netpipe.ErrNotProxy, "-trust"},
	{netpipe.ErrProxyHeader, "-proxy-protocol"},
	{netpipe.ErrProxyPort, "-proxy-protocol"},
	{netpipe.ErrForwarded, "-trust"},
	{netpipe.ErrNoToken, "-token-file"},
	{netpipe.ErrUnknownToken, "-token-file"},
	{netpipe.ErrCrossOrigin, "-host"},
	{netpipe.ErrUnknownHost, "-host"},
	{netpipe.ErrSourceLimit, "-max-per-source"},
	{netpipe.ErrLoop, "-next"},
	{netpipe.ErrNoCertificate, "-tls-cert"},
	{netpipe.ErrFileLimit, "-max, -pool"},
	{netpipe.ErrQueueFull, "-queue"},
	{netpipe.ErrQueueTimeout, "-queue-timeout"},
	{netpipe.ErrTimeout, "-timeout"},
	{netpipe.ErrServerSilent, "-timeout"},
	{netpipe.ErrIdleTimeout, "-idle-timeout"},
	{netpipe.ErrSlowInput, "-idle-timeout"},
	{netpipe.ErrSlowClient, "-idle-timeout"},
	{netpipe.ErrGiveWay, "-max, -idle-timeout"},
	{netpipe.ErrFilterMemory, "-limit-memory"},
	{netpipe.ErrInputTooLarge, "-max-input"},
	{netpipe.ErrAnswerTooLarge, "-max-answer"},
	{netpipe.ErrHeldFull, "-max-held"},
	{netpipe.ErrHeldShare, "-max-held"},
	{netpipe.ErrEmptyAnswer, "-allow-empty"},
	{netpipe.ErrParam, "-param"},
	{netpipe.ErrNoParams, "-param"},
	{netpipe.ErrHTTP10, "-no-hold"},
	{netpipe.ErrUnixSocket, "-no-hold, -allow-empty"},
	{netpipe.ErrNoPool, "-reuse, -pool 0"},
	{netpipe.ErrDoesNotWait, "-pool 0"},
	{netpipe.ErrNotWorker, hosting.NotWorker},
	{netpipe.ErrSlowStart, "-start-timeout"},
}

// hint returns the options that err is about, or what to type for a command line in quotes.
func hint(err error) string {
	options := hints.Of(err)
	if e := new(exec.Error); errors.As(err, &e) && strings.Contains(e.Name, " ") {
		if options != "" {
			options += ", "
		}
		options += "without quotes: " + e.Name
	}
	return options
}

// hintOfRun is hint for -run, whose processes all start ahead of their input: it has no -pool.
func hintOfRun(err error) string {
	if errors.Is(err, netpipe.ErrDoesNotWait) {
		return ""
	}
	return hint(err)
}
