package netpipe

import (
	"errors"
	"fmt"

	"imgpipe/netpipe/internal/hop"
	"imgpipe/netpipe/internal/procpool"
	"imgpipe/netpipe/internal/proxyaddr"
	"imgpipe/netpipe/internal/spool"
	"imgpipe/netpipe/internal/tlsconn"
)

// Errors of Serve. Those that it returns may wrap them.
var (
	// ErrServerClosed is returned after Shutdown or Close.
	ErrServerClosed = errors.New("the server is closed")

	// ErrUnixSocket: AllowEmpty or NoHold is set, with a unix socket in Listen, Listeners
	// or Next. Client.Send returns it for its own fields.
	ErrUnixSocket = errors.New("over a unix socket an empty answer is the only sign of a failure, so that answers must be held and must not be empty")

	// ErrNoProgram: a program of Filter is missing.
	ErrNoProgram = errors.New("a program is missing: want PROGRAM [ARG...] + PROGRAM [ARG...]")

	// ErrNoPool: Reuse is set, and Pool is 0.
	ErrNoPool = errors.New("workers must be started ahead: the first one shows whether the filter is a worker")

	// ErrCommandLine: the first process ended with status 2 before it had an input.
	ErrCommandLine = procpool.ErrCommandLine

	// ErrNotWorker: Reuse is set, and the filter does not answer the greeting as a worker.
	ErrNotWorker = procpool.ErrNotWorker

	// ErrSlowStart, in addition to ErrNotWorker: StartTimeout was over before the filter
	// answered.
	ErrSlowStart = procpool.ErrSlowStart

	// ErrNoParams: Params and Reuse are set, and the filter is a worker that takes no
	// parameters.
	ErrNoParams = procpool.ErrNoParams

	// ErrLoop: Next is one of the server's own addresses. It is also the cause of a failure
	// of a connection, whose input has come back over other servers by HTTP.
	ErrLoop = errors.New("the next hop leads back to this server")

	// ErrNoCertificate: an address in Listen is with TLS, and TLS has no Cert.
	ErrNoCertificate = tlsconn.ErrNoCertificate

	// ErrFileLimit: the limit of open files is too low for Max and Pool.
	ErrFileLimit = errors.New("the limit of open files is too low")
)

// A CutOffError is returned by Serve if connections had not ended when the time to
// drain was over.
type CutOffError struct {
	Connections int
}

func (e *CutOffError) Error() string {
	return fmt.Sprintf("stopped; connections cut off: %d", e.Connections)
}

// Causes of a connection's failure. They are in the attribute err of its log record, and
// errors.Is finds them there. The table of outcomes in README.md has what comes of each.
var (
	// Before a connection is served:
	ErrNotAllowed  = errors.New("the client's address is not allowed")                          // Allow
	ErrSourceLimit = errors.New("the client's address has as many connections as one may have") // MaxPerSource
	ErrNoFiles     = errors.New("no more files may be opened")                                  // the system's limit

	// Of a proxy:
	ErrNotProxy     = errors.New("only trusted proxies may connect")          // ProxyProtocol, Trust
	ErrProxyHeader  = proxyaddr.ErrHeader                                     // ProxyProtocol
	ErrProxyTimeout = errors.New("the PROXY header took longer than 5 s")     // ProxyProtocol
	ErrProxyPort    = errors.New("a PROXY header came, and none is expected") // ProxyProtocol
	ErrForwarded    = proxyaddr.ErrConflict                                   // Trust

	// Of HTTP requests:
	ErrNoSuchPath      = errors.New("there is nothing at this path: POST the input to / (curl --data-binary @FILE)")
	ErrNoSuchMethod    = errors.New("not with this method: POST the input to / (curl --data-binary @FILE)")
	ErrNoToken         = errors.New("a token is needed (Authorization: Bearer TOKEN)") // Tokens
	ErrUnknownToken    = errors.New("the token is not one of this server's")           // Tokens
	ErrForm            = errors.New("a form: POST the file itself as the body (curl --data-binary @FILE)")
	ErrContentEncoding = errors.New("Content-Encoding: POST the input as it is")
	ErrParam           = errors.New("a query parameter is not allowed")                           // Params
	ErrQuery           = errors.New("the query cannot be read")                                   // Params
	ErrHTTP10          = errors.New("HTTP/1.0 cannot tell the end of an answer that is not held") // NoHold
	ErrCrossOrigin     = errors.New("a page of another site asks")
	ErrUnknownHost     = errors.New("a page asks by a name that this server does not know") // Hosts

	// Of a client, or of the next hop, whose address is of the other kind:
	ErrHTTPPort  = hop.ErrHTTPPort  // also at a Client
	ErrTLSPort   = hop.ErrTLSPort   // also at a Client
	ErrPlainPort = hop.ErrPlainPort // also at a Client
	ErrRawPort   = errors.New("this is a raw port: its address has no http:// or https://")

	// ErrTLS: one side refuses the other for its certificate, or its version of TLS. Also at
	// a Client.
	ErrTLS              = tlsconn.ErrTLS
	ErrHandshakeTimeout = errors.New("the TLS handshake took longer than 10 s")

	// Without a filter for the connection, or without time:
	ErrQueueFull    = errors.New("the queue is full")                           // Queue
	ErrQueueTimeout = errors.New("no filter was free within the queue timeout") // QueueTimeout
	ErrNotReady     = procpool.ErrNotReady                                      // filters die by themselves
	ErrDoesNotWait  = procpool.ErrDoesNotWait                                   // in addition to ErrNotReady: with status 0
	ErrDraining     = errors.New("netpipe is being stopped")                    // the connection had not begun
	ErrStopped      = errors.New("netpipe was stopped")                         // the connection was cut off
	ErrTimeout      = errors.New("not done within the timeout")                 // Timeout

	// Of the filter:
	ErrFilterMemory = procpool.ErrMemory // FilterMemory, with FilterCgroups

	// Of the client:
	ErrIdleTimeout   = errors.New("silent for the idle timeout: a client must half-close after its input") // IdleTimeout
	ErrSlowInput     = errors.New("sent less of the input than 16 KiB/s for the idle timeout")             // IdleTimeout
	ErrSlowClient    = errors.New("took less of the answer than 64 KiB/s for the idle timeout")            // IdleTimeout
	ErrGiveWay       = errors.New("the input comes slowly, and others wait for the filter")
	ErrInputTooLarge = errors.New("the input is larger than allowed") // MaxInput
	ErrNoInput       = errors.New("there is no input: POST it as the body")
	ErrMalformed     = errors.New("not HTTP")

	// Of the answer, also at a Client:
	ErrAnswerTooLarge = spool.ErrTooLarge                 // MaxAnswer
	ErrHeldFull       = spool.ErrFull                     // MaxHeld
	ErrHeldShare      = spool.ErrShare                    // MaxHeld
	ErrEmptyAnswer    = errors.New("the answer is empty") // without AllowEmpty
)

// ErrNotWhole is an error of Client.Send: the connection ended before the answer was
// whole. ErrAnswerTooLarge, ErrEmptyAnswer and ErrUnixSocket are others.
var ErrNotWhole = errors.New("the server gave no whole answer")

// ErrServerSilent is an error of Client.Send: the server neither took input nor sent a
// piece of its answer for Client.Timeout.
var ErrServerSilent = errors.New("the server said nothing for the timeout")

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
