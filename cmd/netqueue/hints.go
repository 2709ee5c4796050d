package main

import (
	"imgpipe/cmd/internal/hosting"
	"imgpipe/netpipe"
	"imgpipe/netpipe/queue"
)

// hints are the options that an error is about.
var hints = hosting.Hints{
	{netpipe.ErrTimeout, "-timeout"},
	{netpipe.ErrInputTooLarge, "-max-input"},
	{netpipe.ErrAnswerTooLarge, "-max-answer"},
	{netpipe.ErrEmptyAnswer, "-allow-empty"},
	{netpipe.ErrNotWorker, hosting.NotWorker},
	{netpipe.ErrSlowStart, "-start-timeout"},
	{queue.ErrNoQueue, "netqueue add makes it"},
}
