package netpipe

import (
	"context"
	"crypto/tls"
	"io"
	"time"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/procpool"
	"imgpipe/netpipe/internal/spool"
)

// A front is the client's side of a conn: a rawFront or an httpFront. It knows the
// client's protocol, and nothing of filters, queues and verdicts.
type front interface {
	// client returns the client's address, for the log.
	client() string

	// params returns the parameters of the filter that the client gives.
	params() []procpool.Param

	// user returns the name of the token that the client has shown, for the log; "" if it
	// needs none, or before begin.
	user() string

	// trace returns the trace that the client says the input belongs to.
	trace() traceContext

	// tlsState returns what TLS has agreed on; nil without TLS.
	tlsState() *tls.ConnectionState

	// hops returns the servers that have had the input before, as in hopsField.
	hops() []string

	// begin waits until there is something to have a filter for, or until draining
	// is done. errProbe means that there is not, ErrRawPort, ErrTLSPort, ErrPlainPort or
	// ErrProxyPort that the client is at the wrong port, and ErrTLS or ErrHandshakeTimeout
	// that there is no TLS; any other error is the input's.
	begin(draining context.Context) error

	// Read reads the input. It returns io.EOF only at the whole end of the input.
	io.Reader

	// socket returns the socket whose bytes are the input, so that the kernel can move them;
	// nil if there is none.
	socket() fdio.Socket

	// SetReadDeadline sets the deadline of Read and awaitGone, also of one that is
	// under way. A Read that has met a deadline may be the last that is possible.
	SetReadDeadline(time.Time) error

	// awaitGone returns nil when the client is gone, or the error of a deadline. No
	// Read is under way meanwhile.
	awaitGone() error

	// wake ends an awaitGone, as a deadline would, up to the next SetReadDeadline.
	wake()

	// stream returns a writer that sends the answer as it comes. What is sent is
	// whole only after finish.
	stream() io.Writer

	// send sends an answer that is whole.
	send(answer *spool.Spool) error

	// finish tells the client that what was sent by stream is whole.
	finish() error

	// abort breaks off a write to stream. It may be called at any time.
	abort()

	// fail tells the client, as far as the protocol can, that there is no whole
	// answer.
	fail(reply)

	// status returns the status of the HTTP response that has been begun, else 0.
	status() int
}
