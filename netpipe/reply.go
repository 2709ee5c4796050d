package netpipe

import (
	"errors"
	"net"
	"net/http"
	"time"
)

// again is when a client that came at a bad time may try once more.
const again = time.Second

// reply is what HTTP says of a verdict that isn't whole: a status (RFC 9110,
// section 15), a line that says why, and for 429 and 503 when to ask again. The
// line has nothing of the network behind, which is the log's business.
func (c *conn) reply(v verdict) (code int, why string, after time.Duration) {
	e := &c.end
	switch v {
	case refused:
		switch e.cut {
		case errForm, errCoding:
			return http.StatusUnsupportedMediaType, e.cut.Error(), 0
		case errOldHTTP:
			return http.StatusHTTPVersionNotSupported, e.cut.Error(), 0
		}
		return http.StatusForbidden, e.cut.Error(), 0
	case busy:
		if e.cut == errSourceBusy {
			return http.StatusTooManyRequests, e.cut.Error(), again
		}
		return http.StatusServiceUnavailable, e.cut.Error(), again
	case notReady:
		return http.StatusServiceUnavailable, errNotReady.Error(), again
	case stopped:
		return http.StatusServiceUnavailable, errStopped.Error(), again
	case badRequest:
		return http.StatusBadRequest, e.input.Error(), 0
	case clientSilent:
		return http.StatusRequestTimeout, "the input didn't come within -idle-timeout", 0
	case clientLarge:
		return http.StatusRequestEntityTooLarge, errInputTooLarge.Error(), 0
	case filterTimeout:
		return http.StatusGatewayTimeout, errTimeout.Error(), 0
	case filterFailed:
		return c.filterReply()
	case nextFailed:
		return nextReply(e.next)
	case notHeld:
		switch {
		case errors.Is(e.answer, errHeldFull):
			return http.StatusServiceUnavailable, errHeldFull.Error(), again
		case errors.Is(e.answer, errAnswerTooLarge):
			return http.StatusInternalServerError, errAnswerTooLarge.Error(), 0
		}
		return http.StatusInternalServerError, "the answer could not be held", 0
	}
	if c.dialled.IsZero() {
		return http.StatusInternalServerError, "the filter gave no answer", 0
	}
	return http.StatusBadGateway, "the next hop gave no answer", 0
}

// filterReply tells a filter that refused its input, and said why, from one that
// came to a bad end.
func (c *conn) filterReply() (code int, why string, after time.Duration) {
	if !errors.As(c.end.exit, new(refusal)) {
		return http.StatusInternalServerError, "the filter failed: " + c.end.exit.Error(), 0
	}
	if _, why = c.run.last(); why == "" {
		why = "the filter failed: " + c.end.exit.Error()
	}
	return http.StatusUnprocessableEntity, why, 0
}

// nextReply passes on what the next hop says of the input or of itself. What it
// says of our request is our own fault.
func nextReply(err error) (code int, why string, after time.Duration) {
	said, timeout := new(StatusError), net.Error(nil)
	switch {
	case errors.As(err, &said):
		switch said.Code {
		case http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity,
			http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return said.Code, said.Text, max(said.RetryAfter, again)
		case http.StatusTooManyRequests: // of us, not of the client
			return http.StatusServiceUnavailable, "the next hop is busy", max(said.RetryAfter, again)
		}
	case errors.As(err, &timeout) && timeout.Timeout():
		return http.StatusGatewayTimeout, "the next hop didn't answer in time", 0
	}
	return http.StatusBadGateway, "the next hop failed", 0
}
