package hop

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"imgpipe/netpipe/stdio"
)

// A StatusError is an HTTP server's response other than 200.
type StatusError struct {
	Code       int           // the status (RFC 9110, section 15)
	Text       string        // the reason in one line; "" if the server gave none
	RetryAfter time.Duration // when to try again (RFC 9110, section 10.2.3); 0 if the server did not say
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("HTTP status %d", e.Code)
	if name := http.StatusText(e.Code); name != "" {
		text += " " + name
	}
	if e.Text != "" {
		text += ": " + e.Text
	}
	return text
}

// maxText bounds what is read of a reason, in bytes.
const maxText = 2 << 10

func newStatusError(r *http.Response) error {
	e := &StatusError{Code: r.StatusCode}
	e.RetryAfter = retryAfter(r.Header.Get("Retry-After"), time.Now())
	if strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
		text, _ := io.ReadAll(io.LimitReader(r.Body, maxText))
		e.Text = stdio.OneLine(string(text))
	}
	return e
}

// retryAfter parses a Retry-After header: seconds or a date. It returns 0 for what is
// neither and for a date that is over, and at most a day.
func retryAfter(text string, now time.Time) time.Duration {
	const most = 24 * time.Hour
	after := time.Duration(0)
	if at, err := http.ParseTime(text); err == nil {
		after = at.Sub(now)
	} else if seconds, err := strconv.ParseUint(text, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		after = time.Duration(min(seconds, uint64(most/time.Second))) * time.Second
	}
	return max(0, min(after, most))
}
