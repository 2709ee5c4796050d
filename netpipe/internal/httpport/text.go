// Package httpport has what the HTTP port and the status port have in common: short texts as
// responses, and the check of the host name by which a browser asks.
package httpport

import (
	"io"
	"net/http"
	"strconv"
	"time"
)

// RetryAfter is the Retry-After of a server that does not know better.
const RetryAfter = time.Second

// Say responds with a line of text.
func Say(rw http.ResponseWriter, code int, text string) {
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	rw.WriteHeader(code)
	_, _ = io.WriteString(rw, text+"\n")
}

// SayUnavailable responds with a status 503 and a line of text.
func SayUnavailable(rw http.ResponseWriter, text string) {
	rw.Header().Set("Retry-After", strconv.Itoa(int(RetryAfter.Seconds())))
	Say(rw, http.StatusServiceUnavailable, text)
}
