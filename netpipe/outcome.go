package netpipe

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/go-multierror"

	"imgpipe/netpipe/internal/httpport"
	"imgpipe/netpipe/internal/procpool"
)

// A verdict is the word in the log for how a connection ended. Over a raw connection
// whole is a FIN, and any other verdict a reset.
type verdict string

const (
	whole         verdict = "whole"
	probe         verdict = "probe"
	clientGone    verdict = "client gone"
	clientSilent  verdict = "client silent"
	clientLarge   verdict = "input too large"
	badRequest    verdict = "bad request"
	refused       verdict = "refused"
	busy          verdict = "busy"
	notReady      verdict = "no filter"
	filterFailed  verdict = "filter failed"
	filterTimeout verdict = "timeout"
	nextFailed    verdict = "next hop failed"
	notHeld       verdict = "answer not held"
	noAnswer      verdict = "no answer"
	stopped       verdict = "stopped"
)

// A part is one of the things that can fail in a connection.
type part int

const (
	partOutside part = iota // the connection was refused or ended from outside its parts
	partInput               // reading the client's input
	partFilter              // the filter's exit status, or a worker's answer status
	partNext                // dialling the next hop, sending to it, reading its answer up to the end
	partAnswer              // holding the answer
	partSend                // sending the answer to the client
	partEmpty               // the answer has 0 bytes
	parts
)

// A failure has the error of each part that failed; nil means that the part did not
// fail, or that the connection ended before.
type failure [parts]error

// An outcome is what comes of a failure.
type outcome struct {
	event   string            // what happened, for README.md
	part    part              // that failed
	cause   func(error) error // returns the cause in the part's error, nil if it is another
	verdict verdict
	status  int    // of the HTTP response; 0 means none: the connection ends
	text    string // of the HTTP response, with %s for the cause; "" means the cause alone
	retry   retry
}

// A retry says whether a client should send the same input again.
type retry bool

const (
	again retry = true
	never retry = false
)

// outcomes is the table of all outcomes. The first row that applies to a failure is
// its outcome. The log record, the HTTP response, Retryable and the table in README.md
// come from here. A status is always worth another try or never, since the status is
// all that a client sees; over a raw connection each failure is a reset, which is
// always worth one.
var outcomes = []outcome{
	{"the client connects and sends no byte", partOutside, is(errProbe), probe, 0, "", again},

	{"the client's address is not allowed", partOutside, is(ErrNotAllowed), refused, 403, "", never},
	{"a source that is not a trusted proxy connects, and only those may", partOutside, is(ErrNotProxy), refused, 0, "", never},
	{"a trusted proxy sends something else than a PROXY header", partOutside, is(ErrProxyHeader), refused, 0, "", never},
	{"a trusted proxy is silent, or slow in its PROXY header", partOutside, is(ErrProxyTimeout), clientSilent, 0, "", again},
	{"a PROXY header comes to a raw port that expects none", partOutside, is(ErrProxyPort), refused, 0, "", never},
	{"two fields of proxies name different clients", partOutside, is(ErrForwarded), badRequest, 400, "", never},
	{"the request shows no token, and one is needed", partOutside, is(ErrNoToken), refused, 401, "", never},
	{"the request shows a token that the server does not know", partOutside, is(ErrUnknownToken), refused, 401, "", never},
	{"the request is a form", partOutside, is(ErrForm), refused, 415, "", never},
	{"the request has a `Content-Encoding`", partOutside, is(ErrContentEncoding), refused, 415, "", never},
	{"the request is HTTP/1.0, and answers are not held", partOutside, is(ErrHTTP10), refused, 505, "", never},
	{"a client sends something else than HTTP to an HTTP port", partOutside, is(ErrHTTPPort), refused, 400, "", never},
	{"a client sends an HTTP request to a raw port", partOutside, is(ErrRawPort), refused, 400, "", never},
	{"a client without TLS comes to a TLS port", partOutside, is(ErrTLSPort), refused, 400, "", never},
	{"a client with TLS comes to a port without", partOutside, is(ErrPlainPort), refused, 400, "", never},
	{"client and server refuse each other's certificate or version of TLS", partOutside, wraps(ErrTLS), refused, 0, "", never},
	{"the TLS handshake takes too long", partOutside, is(ErrHandshakeTimeout), clientSilent, 0, "", again},
	{"the head of a request is against the rules of HTTP", partOutside, isHeadError(400), badRequest, 400, "", never},
	{"a request expects something else than 100-continue", partOutside, isHeadError(417), badRequest, 417, "", never},
	{"the head of a request is larger than 32 KiB", partOutside, isHeadError(431), badRequest, 431, "", never},
	{"the transfer coding of a request is not chunked", partOutside, isHeadError(501), badRequest, 501, "", never},
	{"the version of a request is not HTTP/1.0 or 1.1", partOutside, isHeadError(505), badRequest, 505, "", never},
	{"the path of a request is unknown", partOutside, is(ErrNoSuchPath), refused, 404, "", never},
	{"the method of a request is unknown at its path", partOutside, is(ErrNoSuchMethod), refused, 405, "", never},
	{"a query parameter is not allowed", partOutside, wraps(ErrParam), badRequest, 400, "", never},
	{"a query parameter comes twice or cannot be read, or the query is too long", partOutside, wraps(ErrQuery), badRequest, 400, "", never},
	{"the input has come back over other servers", partOutside, is(ErrLoop), refused, 508, "", never},
	{"a page of another site asks", partOutside, is(ErrCrossOrigin), refused, 403, "", never},
	{"a page asks by a name that is not the server's", partOutside, is(ErrUnknownHost), refused, 403, "", never},

	{"the queue is full", partOutside, is(ErrQueueFull), busy, 503, "", again},
	{"the queue timeout is over", partOutside, is(ErrQueueTimeout), busy, 503, "", again},
	{"the client's address has too many connections", partOutside, is(ErrSourceLimit), busy, 429, "", again},
	{"no more files may be opened", partOutside, is(ErrNoFiles), busy, 503, "", again},
	{"the server drains", partOutside, is(ErrDraining), busy, 503, "", again},
	{"the filter is a program that does not read stdin, and is started ahead", partOutside, is(ErrDoesNotWait), notReady, 503, "no filter is ready: %s", again},
	{"filters die before they have a connection", partOutside, is(ErrNotReady), notReady, 503, "", again},
	{"the time to drain is over, or the server is closed at once", partOutside, is(ErrStopped), stopped, 503, "", again},
	{"the timeout is over", partOutside, is(ErrTimeout), filterTimeout, 504, "", again},

	{"the client is silent for the idle timeout", partInput, is(ErrIdleTimeout), clientSilent, 408, "the input did not come within the idle timeout", again},
	{"the client sends its input slowly, and others wait", partInput, is(ErrGiveWay), busy, 503, "", again},
	{"the client sends the input too slowly", partInput, is(ErrSlowInput), clientSilent, 408, "", again},
	{"the client takes the answer too slowly", partSend, is(ErrSlowClient), clientSilent, 0, "", again},
	{"the input is too large", partInput, is(ErrInputTooLarge), clientLarge, 413, "", never},
	{"POST without a body", partInput, is(ErrNoInput), badRequest, 400, "", never},
	{"the body breaks the rules of HTTP", partInput, wraps(ErrMalformed), badRequest, 400, "", never},
	{"the client is gone, before or after its half-close", partInput, anyCause, clientGone, 0, "", again},

	{"the filter refuses a query parameter", partFilter, wraps(procpool.ErrParams), badRequest, 400, "the filter %s", never},
	{"the filter exits with another status than 0", partFilter, isExitError, filterFailed, 422, "the filter failed: %s", never},
	{"the filter is killed, or a worker breaks off", partFilter, anyCause, filterFailed, 500, "the filter failed: %s", again},

	{"the next hop says 413", partNext, isStatus(413), nextFailed, 413, "", never},
	{"the next hop says 415", partNext, isStatus(415), nextFailed, 415, "", never},
	{"the next hop says 422", partNext, isStatus(422), nextFailed, 422, "", never},
	{"the next hop says 429: this server has too many connections", partNext, isStatus(429), nextFailed, 503, "the next hop is busy", again},
	{"the next hop says 503", partNext, isStatus(503), nextFailed, 503, "", again},
	{"the next hop says 504", partNext, isStatus(504), nextFailed, 504, "", again},
	{"the next hop says 508", partNext, isStatus(508), nextFailed, 508, "", never},
	{"the next hop cannot be reached in time", partNext, isTimeoutError, nextFailed, 504, "the next hop did not answer in time", again},
	{"the next hop refuses, resets, or says something else", partNext, anyCause, nextFailed, 502, "the next hop failed", again},

	{"all held answers together are too large", partAnswer, is(ErrHeldFull), notHeld, 503, "", again},
	{"the held answers of the client's address are too large", partAnswer, is(ErrHeldShare), notHeld, 503, "", again},
	{"the answer is too large", partAnswer, is(ErrAnswerTooLarge), notHeld, 500, "", again},
	{"the temporary directory is full", partAnswer, anyCause, notHeld, 500, "the answer could not be held", again},

	{"the client is gone while the answer is sent", partSend, anyCause, clientGone, 0, "", again},

	{"the next hop's answer is empty", partEmpty, is(errNextEmpty), noAnswer, 502, "the next hop gave no answer", again},
	{"the filter exits with 0 without an answer", partEmpty, anyCause, noAnswer, 500, "the filter gave no answer", again},
}

// success is the outcome if no row of outcomes applies.
var success = outcome{event: "the answer is whole", verdict: whole, status: 200}

// is returns a cause that is target, also where it is wrapped: what wraps it is for
// the log alone.
func is(target error) func(error) error {
	return func(err error) error {
		if errors.Is(err, target) {
			return target
		}
		return nil
	}
}

// wraps is is, but the client is told what wraps target, too.
func wraps(target error) func(error) error {
	return func(err error) error {
		if errors.Is(err, target) {
			return err
		}
		return nil
	}
}

func anyCause(err error) error { return err }

func isExitError(err error) error {
	if errors.As(err, new(*procpool.ExitError)) {
		return err
	}
	return nil
}

// isHeadError is the cause of a request that is refused for its head with a status.
func isHeadError(code int) func(error) error {
	return func(err error) error {
		if head := new(headError); errors.As(err, &head) && head.code == code {
			return err
		}
		return nil
	}
}

// isStatus is the cause of a next hop that answers with an HTTP status; its text is
// that of the response.
func isStatus(code int) func(error) error {
	return func(err error) error {
		if said := new(StatusError); errors.As(err, &said) && said.Code == code {
			return errors.New(said.Text)
		}
		return nil
	}
}

func isTimeoutError(err error) error {
	if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
		return err
	}
	return nil
}

// outcome returns what comes of f.
func (f *failure) outcome() *outcome {
	for i := range outcomes {
		if o := &outcomes[i]; f[o.part] != nil && o.cause(f[o.part]) != nil {
			return o
		}
	}
	return &success
}

// A reply is what an HTTP response says of a connection that failed.
type reply struct {
	status     int           // 0 means that there is none to be sent
	text       string        // why, in one line, without anything of the network behind
	retryAfter time.Duration // of a status 429 or 503
}

// reply returns the HTTP response for a failure with the outcome o; stderr is what the
// filter said last, as clients may see it.
func (f *failure) reply(o *outcome, stderr string) reply {
	r := reply{status: o.status, retryAfter: httpport.RetryAfter}
	if o.status == 0 {
		return r
	}
	cause := o.cause(f[o.part])
	switch {
	case o.text == "":
		r.text = cause.Error()
	case strings.Contains(o.text, "%s"):
		r.text = fmt.Sprintf(o.text, cause)
	default:
		r.text = o.text
	}
	if o.part == partFilter && o.status < http.StatusInternalServerError && stderr != "" {
		r.text = stderr
	}
	if said := new(StatusError); errors.As(f[partNext], &said) {
		r.retryAfter = max(said.RetryAfter, httpport.RetryAfter)
	}
	return r
}

// partNames are put in front of a part's error.
var partNames = [parts]string{partInput: "client: ", partFilter: "filter: ", partNext: "next hop: ", partSend: "client: "}

// err returns all that went wrong as one *multierror.Error, or nil.
func (f *failure) err() error {
	var all *multierror.Error
	for p, err := range f {
		switch part := part(p); {
		case err == nil:
		case part == partSend && f[partInput] != nil: // the same reset, of which another system call was told
		case part == partEmpty && all != nil: // a consequence
		default:
			all = multierror.Append(all, fmt.Errorf("%s%w", partNames[part], err))
		}
	}
	if all != nil {
		all.ErrorFormat = inOneLine
	}
	return all.ErrorOrNil()
}

// inOneLine formats the errors of a *multierror.Error.
func inOneLine(errs []error) string {
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}
