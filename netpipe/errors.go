package netpipe

import (
	"errors"
	"fmt"

	"imgpipe/netpipe/internal/hop"
	"imgpipe/netpipe/internal/procpool"
	"imgpipe/netpipe/internal/spool"
)

// Errors of Serve.
var (
	// ErrServerClosed is returned by Serve after Shutdown or Close.
	ErrServerClosed = errors.New("the server is closed")

	ErrUnixSocket  = errors.New("over a unix socket an empty answer is the only sign of a failure, so that answers must be held and must not be empty")
	ErrNoPool      = errors.New("workers must be started ahead: the first one shows whether the filter is a worker")
	ErrNotWorker   = procpool.ErrNotWorker
	ErrSlowStart   = procpool.ErrSlowStart // in addition to ErrNotWorker
	ErrDoesNotWait = procpool.ErrDoesNotWait
	ErrFileLimit   = errors.New("the limit of open files is too low")
)

// A CutOffError is returned by Serve if connections had not ended when the time to
// drain was over.
type CutOffError struct {
	Connections int
}

func (e *CutOffError) Error() string {
	return fmt.Sprintf("stopped; connections cut off: %d", e.Connections)
}

// Causes of a connection's failure. They are in the attribute err of its log record,
// and errors.Is finds them there. The table in README.md has what comes of each.
var (
	ErrNotAllowed  = errors.New("the client's address is not allowed")
	ErrSourceLimit = errors.New("the client's address has as many connections as one may have")
	ErrNoFiles     = errors.New("no more files may be opened")

	ErrForm            = errors.New("a form: POST the file itself as the body (curl --data-binary @FILE)")
	ErrContentEncoding = errors.New("Content-Encoding: POST the input as it is")
	ErrHTTP10          = errors.New("HTTP/1.0 cannot tell the end of an answer that is not held")
	ErrCrossOrigin     = errors.New("a page of another site asks")
	ErrUnknownHost     = errors.New("a page of an unknown host asks; this is localhost")

	ErrQueueFull    = errors.New("the queue is full")
	ErrQueueTimeout = errors.New("no filter was free within the queue timeout")
	ErrNotReady     = procpool.ErrNotReady
	ErrDraining     = errors.New("netpipe is being stopped")
	ErrStopped      = errors.New("netpipe was stopped")
	ErrTimeout      = errors.New("not done within the timeout")

	ErrIdleTimeout   = errors.New("silent for the idle timeout: a client must half-close after its input")
	ErrSlowClient    = errors.New("took less of the answer than 64 KiB/s for the idle timeout")
	ErrInputTooLarge = errors.New("the input is larger than allowed")
	ErrNoInput       = errors.New("there is no input: POST it as the body")
	ErrMalformed     = errors.New("not HTTP")

	ErrAnswerTooLarge = spool.ErrTooLarge
	ErrHeldFull       = spool.ErrFull
	ErrEmptyAnswer    = errors.New("the answer is empty")
)

// ErrNotWhole is an error of Client.Send: the connection ended before the answer was
// whole. ErrAnswerTooLarge, ErrEmptyAnswer and ErrUnixSocket are others.
var ErrNotWhole = errors.New("the server gave no whole answer")

// A StatusError is what an HTTP server said instead of an answer: an error of
// Client.Send, or of a connection whose next hop it is. Its fields are Code, Text and
// RetryAfter, which is 0 if the server did not say.
type StatusError = hop.StatusError

// Causes that need no name outside.
var (
	errProbe     = errors.New("not one byte came")
	errCutShort  = errors.New("the connection was closed in mid-input")
	errNextEmpty = fmt.Errorf("next hop: %w", ErrEmptyAnswer)
)

// errPartFailed cancels a connection's context because one of its parts failed, and
// has noted why itself.
var errPartFailed = errors.New("a part failed")
