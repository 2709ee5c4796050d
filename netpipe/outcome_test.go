package netpipe

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-multierror"

	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/internal/procpool"
	"imgpipe/netpipe/internal/spool"
)

var (
	errExit3   = error(&procpool.ExitError{Status: "exit status 3"})
	errParams  = fmt.Errorf("%w: %w", procpool.ErrParams, &procpool.ExitError{Status: "exit status 2"})
	errResets  = error(syscall.ECONNRESET)
	errTimesUp = error(os.ErrDeadlineExceeded)
)

func says(code int) error { return &StatusError{Code: code, Text: "said"} }

// outcomeTests are failures and what comes of them, at least one for each row of
// outcomes. With more than one part, they also test which row is first. e2e names the
// tests that play the row with a real server.
var outcomeTests = []struct {
	event   string // the row
	failure failure
	verdict verdict
	err     string // in the log
	status  int
	text    string // of the HTTP response; without a status there is none
	e2e     string
}{
	{"the answer is whole", failure{}, whole, "", 200, "", "FilterExits NextHop HTTPChaosFilters"},
	{"the client connects and sends no byte", failure{partOutside: errProbe}, probe, "not one byte came", 0, "", "Probe"},

	{"the client's address is not allowed", failure{partOutside: ErrNotAllowed}, refused, "the client's address is not allowed", 403, "the client's address is not allowed", "Allow HTTPAllow HandlerAllow"},
	{"a source that is not a trusted proxy connects, and only those may", failure{partOutside: ErrNotProxy}, refused, ErrNotProxy.Error(), 0, "", "ProxyHeaderUntrusted"},
	{"a trusted proxy sends something else than a PROXY header", failure{partOutside: ErrProxyHeader}, refused, ErrProxyHeader.Error(), 0, "", "ProxyHeaderRefused"},
	{"a trusted proxy is silent, or slow in its PROXY header", failure{partOutside: ErrProxyTimeout}, clientSilent, ErrProxyTimeout.Error(), 0, "", "ProxyHeaderSlow"},
	{"a PROXY header comes to a raw port that expects none", failure{partOutside: ErrProxyPort}, refused, ErrProxyPort.Error(), 0, "", "ProxyHeaderTwice ProxyHeaderUnexpected"},
	{"two fields of proxies name different clients", failure{partOutside: ErrForwarded}, badRequest, ErrForwarded.Error(), 400, ErrForwarded.Error(), "ForwardedConflict"},
	{"the request shows no token, and one is needed", failure{partOutside: ErrNoToken}, refused, ErrNoToken.Error(), 401, ErrNoToken.Error(), "HTTPTokens"},
	{"the request shows a token that the server does not know", failure{partOutside: ErrUnknownToken}, refused, ErrUnknownToken.Error(), 401, ErrUnknownToken.Error(), "HTTPTokens"},
	{"the request is a form", failure{partOutside: ErrForm}, refused, ErrForm.Error(), 415, ErrForm.Error(), "HTTPRoutes"},
	{"the request has a `Content-Encoding`", failure{partOutside: ErrContentEncoding}, refused, ErrContentEncoding.Error(), 415, ErrContentEncoding.Error(), "HTTPRoutes"},
	{"the request is HTTP/1.0, and answers are not held", failure{partOutside: ErrHTTP10}, refused, ErrHTTP10.Error(), 505, ErrHTTP10.Error(), "HTTPNoHold"},
	{"a client sends something else than HTTP to an HTTP port", failure{partOutside: ErrHTTPPort}, refused, ErrHTTPPort.Error(), 400, ErrHTTPPort.Error(), "WrongPort"},
	{"a client sends an HTTP request to a raw port", failure{partOutside: ErrRawPort}, refused, ErrRawPort.Error(), 400, ErrRawPort.Error(), "WrongPort"},
	{"a client without TLS comes to a TLS port", failure{partOutside: ErrTLSPort}, refused, ErrTLSPort.Error(), 400, ErrTLSPort.Error(), "WrongTLSPort"},
	{"a client with TLS comes to a port without", failure{partOutside: ErrPlainPort}, refused, ErrPlainPort.Error(), 400, ErrPlainPort.Error(), "WrongTLSPort"},
	{"client and server refuse each other's certificate or version of TLS", failure{partOutside: fmt.Errorf("%w: no", ErrTLS)}, refused, "TLS failed: no", 0, "", "TLSCertificates"},
	{"the TLS handshake takes too long", failure{partOutside: ErrHandshakeTimeout}, clientSilent, ErrHandshakeTimeout.Error(), 0, "", "TLSSlowHandshake"},
	{"the head of a request is against the rules of HTTP", failure{partOutside: errBareLF}, badRequest, errBareLF.Error(), 400, errBareLF.Error(), "HTTPHostileBytes"},
	{"a request expects something else than 100-continue", failure{partOutside: &headError{417, "no"}}, badRequest, "no", 417, "no", "HTTPHostileBytes"},
	{"the head of a request is larger than 32 KiB", failure{partOutside: &headError{431, "no"}}, badRequest, "no", 431, "no", "HTTPHostileBytes"},
	{"the transfer coding of a request is not chunked", failure{partOutside: &headError{501, "no"}}, badRequest, "no", 501, "no", "HTTPHostileBytes"},
	{"the version of a request is not HTTP/1.0 or 1.1", failure{partOutside: &headError{505, "no"}}, badRequest, "no", 505, "no", "HTTPHostileBytes"},
	{"the path of a request is unknown", failure{partOutside: fmt.Errorf("%w: GET /x", ErrNoSuchPath)}, refused, ErrNoSuchPath.Error() + ": GET /x", 404, ErrNoSuchPath.Error(), "HTTPRoutes"},
	{"the method of a request is unknown at its path", failure{partOutside: fmt.Errorf("%w: PUT /", ErrNoSuchMethod)}, refused, ErrNoSuchMethod.Error() + ": PUT /", 405, ErrNoSuchMethod.Error(), "HTTPRoutes"},
	{"a query parameter is not allowed", failure{partOutside: fmt.Errorf("%w: %q", ErrParam, "a")}, badRequest, ErrParam.Error() + `: "a"`, 400, ErrParam.Error() + `: "a"`, "Params ParamsNotAllowed"},
	{"a query parameter comes twice or cannot be read, or the query is too long", failure{partOutside: fmt.Errorf("%w: no", ErrQuery)}, badRequest, ErrQuery.Error() + ": no", 400, ErrQuery.Error() + ": no", "Params"},
	{"the input has come back over other servers", failure{partOutside: ErrLoop}, refused, ErrLoop.Error(), 508, ErrLoop.Error(), "Loop"},
	{"a page of another site asks", failure{partOutside: ErrCrossOrigin}, refused, ErrCrossOrigin.Error(), 403, ErrCrossOrigin.Error(), "HTTPCrossOrigin"},
	{"a page asks by a name that is not the server's", failure{partOutside: ErrUnknownHost}, refused, ErrUnknownHost.Error(), 403, ErrUnknownHost.Error(), "HTTPCrossOrigin"},

	{"the queue is full", failure{partOutside: ErrQueueFull}, busy, "the queue is full", 503, "the queue is full", "Queue HTTPQueue"},
	{"the queue timeout is over", failure{partOutside: ErrQueueTimeout}, busy, "no filter was free within the queue timeout", 503, "no filter was free within the queue timeout", "QueueTimeout"},
	{"the client's address has too many connections", failure{partOutside: ErrSourceLimit}, busy, ErrSourceLimit.Error(), 429, ErrSourceLimit.Error(), "MaxPerSource HTTPMaxPerSource"},
	{"no more files may be opened", failure{partOutside: ErrNoFiles}, busy, "no more files may be opened", 503, "no more files may be opened", "DescriptorLimit"},
	{"the server drains", failure{partOutside: ErrDraining}, busy, "netpipe is being stopped", 503, "netpipe is being stopped", "HTTPDrain"},
	{"the filter is a program that does not read stdin, and is started ahead", failure{partOutside: fmt.Errorf("%w: %w", ErrNotReady, ErrDoesNotWait)}, notReady, "no filter is ready: " + ErrDoesNotWait.Error(), 503, "no filter is ready: " + ErrDoesNotWait.Error(), "DoesNotWait"},
	{"filters die before they have a connection", failure{partOutside: fmt.Errorf("%w: %w", ErrNotReady, errExit3)}, notReady, "no filter is ready: exit status 3", 503, "no filter is ready", "NoFilterReady"},
	{"the time to drain is over, or the server is closed at once", failure{partOutside: ErrStopped, partEmpty: ErrEmptyAnswer}, stopped, "netpipe was stopped", 503, "netpipe was stopped", "Drain"},
	{"the timeout is over", failure{partOutside: ErrTimeout, partEmpty: ErrEmptyAnswer}, filterTimeout, "not done within the timeout", 504, "not done within the timeout", "ChaosFilters HTTPChaosFilters"},

	{"the client is silent for the idle timeout", failure{partInput: ErrIdleTimeout}, clientSilent, "client: silent for the idle timeout: a client must half-close after its input", 408, "the input did not come within the idle timeout", "ChaosClients HTTPChaosClients"},
	{"the client sends its input slowly, and others wait", failure{partInput: ErrGiveWay}, busy, "client: " + ErrGiveWay.Error(), 503, ErrGiveWay.Error(), "SlowClientsGiveWay"},
	{"the client sends the input too slowly", failure{partInput: ErrSlowInput}, clientSilent, "client: " + ErrSlowInput.Error(), 408, ErrSlowInput.Error(), "ChaosClients HTTPChaosClients"},
	{"the client takes the answer too slowly", failure{partSend: ErrSlowClient}, clientSilent, "client: took less of the answer than 64 KiB/s for the idle timeout", 0, "", "ChaosClients HTTPChaosClients"},
	{"the input is too large", failure{partInput: ErrInputTooLarge}, clientLarge, "client: the input is larger than allowed", 413, "the input is larger than allowed", "ChaosFilters HTTPTooLarge HTTPTooLargeByLength"},
	{"POST without a body", failure{partInput: ErrNoInput}, badRequest, "client: there is no input: POST it as the body", 400, "there is no input: POST it as the body", "HTTPChaosClients"},
	{"the body breaks the rules of HTTP", failure{partInput: fmt.Errorf("%w: %w", ErrMalformed, errors.New("bad chunk"))}, badRequest, "client: not HTTP: bad chunk", 400, "not HTTP: bad chunk", "HTTPChaosClients HTTPHostileBytes"},
	{"the client is gone, before or after its half-close", failure{partInput: errResets}, clientGone, "client: connection reset by peer", 0, "", "ChaosClients ClientGone HTTPChaosClients"},
	{"the client is gone, before or after its half-close", failure{partInput: errResets, partFilter: errExit3}, clientGone, "client: connection reset by peer; filter: exit status 3", 0, "", ""},
	{"the client is gone, before or after its half-close", failure{partInput: errResets, partSend: errResets}, clientGone, "client: connection reset by peer", 0, "", ""},

	{"the filter refuses a query parameter", failure{partFilter: errParams, partEmpty: ErrEmptyAnswer}, badRequest, "filter: refuses its parameters: exit status 2", 400, "its last words", "Params"},
	{"the filter exits with another status than 0", failure{partFilter: errExit3, partEmpty: ErrEmptyAnswer}, filterFailed, "filter: exit status 3", 422, "its last words", "ChaosFilters HTTPChaosFilters"},
	{"the filter exits with another status than 0", failure{partFilter: errExit3, partNext: errResets}, filterFailed, "filter: exit status 3; next hop: connection reset by peer", 422, "its last words", ""},
	{"the filter is killed, or a worker breaks off", failure{partFilter: procpool.ErrKilled}, filterFailed, "filter: killed by signal 9 (killed)", 500, "the filter failed: killed by signal 9 (killed)", "ChaosFilters Workers HTTPWorker"},

	{"the next hop says 413", failure{partNext: says(413)}, nextFailed, "next hop: HTTP status 413 Request Entity Too Large: said", 413, "said", ""},
	{"the next hop says 415", failure{partNext: says(415)}, nextFailed, "next hop: HTTP status 415 Unsupported Media Type: said", 415, "said", ""},
	{"the next hop says 422", failure{partNext: says(422)}, nextFailed, "next hop: HTTP status 422 Unprocessable Entity: said", 422, "said", "HTTPTwoHops"},
	{"the next hop says 429: this server has too many connections", failure{partNext: says(429)}, nextFailed, "next hop: HTTP status 429 Too Many Requests: said", 503, "the next hop is busy", ""},
	{"the next hop says 503", failure{partNext: says(503)}, nextFailed, "next hop: HTTP status 503 Service Unavailable: said", 503, "said", "HTTPTwoHops"},
	{"the next hop says 504", failure{partNext: says(504)}, nextFailed, "next hop: HTTP status 504 Gateway Timeout: said", 504, "said", ""},
	{"the next hop says 508", failure{partNext: says(508)}, nextFailed, "next hop: HTTP status 508 Loop Detected: said", 508, "said", "Loop"},
	{"the next hop cannot be reached in time", failure{partNext: errTimesUp}, nextFailed, "next hop: i/o timeout", 504, "the next hop did not answer in time", ""},
	{"the next hop refuses, resets, or says something else", failure{partNext: errResets}, nextFailed, "next hop: connection reset by peer", 502, "the next hop failed", "NextHop ChaosNextHops HTTPChaosNextHops"},
	{"the next hop refuses, resets, or says something else", failure{partNext: says(403)}, nextFailed, "next hop: HTTP status 403 Forbidden: said", 502, "the next hop failed", ""},

	{"all held answers together are too large", failure{partAnswer: &spool.Error{Err: ErrHeldFull}}, notHeld, "hold the answer: all held answers together are larger than allowed", 503, "all held answers together are larger than allowed", ""},
	{"the held answers of the client's address are too large", failure{partAnswer: &spool.Error{Err: ErrHeldShare}}, notHeld, "hold the answer: " + ErrHeldShare.Error(), 503, ErrHeldShare.Error(), "HeldShare ChaosFilters HTTPChaosFilters"},
	{"the answer is too large", failure{partAnswer: &spool.Error{Err: ErrAnswerTooLarge}}, notHeld, "hold the answer: the answer is larger than allowed for one answer", 500, "the answer is larger than allowed for one answer", "ChaosFilters HTTPChaosFilters"},
	{"the temporary directory is full", failure{partAnswer: &spool.Error{Err: syscall.ENOSPC}}, notHeld, "hold the answer: no space left on device", 500, "the answer could not be held", "FullTemporaryDirectory"},

	{"the client is gone while the answer is sent", failure{partSend: errResets}, clientGone, "client: connection reset by peer", 0, "", "ChaosClients HTTPChaosClients"},

	{"the next hop's answer is empty", failure{partEmpty: errNextEmpty}, noAnswer, "next hop: the answer is empty", 502, "the next hop gave no answer", "ChaosNextHops HTTPTwoHops"},
	{"the filter exits with 0 without an answer", failure{partEmpty: ErrEmptyAnswer}, noAnswer, "the answer is empty", 500, "the filter gave no answer", "ChaosFilters HTTPKeepAlive"},
}

func TestOutcome(t *testing.T) {
	pipetest.Parallel(t)
	tested := map[string]bool{}
	for _, test := range outcomeTests {
		t.Run(test.event, func(t *testing.T) {
			o := test.failure.outcome()
			if o.event != test.event || o.verdict != test.verdict || o.status != test.status {
				t.Errorf("want %q, verdict %q, status %d; got %q, %q, %d", test.event, test.verdict, test.status, o.event, o.verdict, o.status)
			}
			err := test.failure.err()
			if (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
				t.Errorf("want error %q, got %v", test.err, err)
			}
			if (o.verdict == whole) != (err == nil) {
				t.Errorf("verdict %q with error %v", o.verdict, err)
			}
			if o == &success {
				return
			}
			r := test.failure.reply(o, "its last words")
			if r.status != test.status || r.text != test.text || r.retryAfter != time.Second {
				t.Errorf("want status %d and %q after %v, got %d and %q after %v", test.status, test.text, time.Second, r.status, r.text, r.retryAfter)
			}
			tested[test.event] = true
		})
	}
	for _, o := range outcomes {
		if !tested[o.event] {
			t.Errorf("no test of %q", o.event)
		}
	}
}

// The error in a log record has each part's error, for errors.Is and errors.As.
func TestFailureError(t *testing.T) {
	pipetest.Parallel(t)
	f := failure{partOutside: ErrTimeout, partInput: ErrIdleTimeout, partFilter: errExit3, partAnswer: &spool.Error{Err: ErrHeldFull}}
	err := f.err()
	for _, want := range []error{ErrTimeout, ErrIdleTimeout, errExit3, ErrHeldFull} {
		if !errors.Is(err, want) {
			t.Errorf("%v isn't found in %v", want, err)
		}
	}
	if !errors.As(err, new(*multierror.Error)) || errors.Is(err, ErrQueueFull) {
		t.Errorf("got %#v", err)
	}
}

// A filter that said nothing, and a next hop that is busy for longer.
func TestReply(t *testing.T) {
	pipetest.Parallel(t)
	f := failure{partFilter: errExit3}
	if r := f.reply(f.outcome(), ""); r.text != "the filter failed: exit status 3" {
		t.Errorf("a silent filter: got %q", r.text)
	}
	f = failure{partFilter: errParams}
	if r := f.reply(f.outcome(), ""); r.text != "the filter refuses its parameters: exit status 2" {
		t.Errorf("a filter that silently refuses parameters: got %q", r.text)
	}
	f = failure{partNext: &StatusError{Code: 503, RetryAfter: time.Minute}}
	if r := f.reply(f.outcome(), ""); r.retryAfter != time.Minute {
		t.Errorf("a busy next hop: want Retry-After of a minute, got %v", r.retryAfter)
	}
}

// A client sees nothing but the status: all outcomes with a status are worth another try,
// or none.
func TestOutcomeRetry(t *testing.T) {
	pipetest.Parallel(t)
	retries := map[int]retry{}
	for _, o := range append(outcomes, success) {
		if before, seen := retries[o.status]; seen && before != o.retry && o.status != 0 {
			t.Errorf("status %d is worth another try for some outcomes, %q for one, and not for others", o.status, o.event)
		}
		retries[o.status] = o.retry
		after, ok := Retryable(&StatusError{Code: o.status, RetryAfter: time.Second})
		if o.status != 0 && (ok != bool(o.retry) || after != time.Second) {
			t.Errorf("status %d: want %t after 1s, got %t after %v", o.status, o.retry, ok, after)
		}
	}
}
