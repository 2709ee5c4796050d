package netpipe

import (
	"net/http"
	"strings"
)

// A traceContext is what a request says of the trace that it belongs to (W3C Trace
// Context, https://www.w3.org/TR/trace-context/). netpipe reports no spans of its own, so
// it forwards both fields as they are: a parent-id of its own would name a span that no
// tracing system ever hears of, and what comes after it would have lost its parent.
type traceContext struct {
	parent string // traceparent; "" if there is none that is valid
	state  string // tracestate, of a valid traceparent alone
}

// Bounds of the fields, in bytes. That of tracestate is what has to be forwarded
// (section 3.3.1.5).
const (
	traceparentSize = 55 // of version 00; others may be longer
	maxTraceparent  = 256
	maxTracestate   = 512
)

// traceOf returns the trace context of a request. A field that is not valid is dropped.
func traceOf(header http.Header) (t traceContext) {
	parents := header.Values("Traceparent")
	if len(parents) != 1 || !isTraceparent(parents[0]) {
		return t
	}
	t.parent = parents[0]
	state := strings.Join(header.Values("Tracestate"), ",")
	if len(state) <= maxTracestate && isPrintable(state) {
		t.state = state
	}
	return t
}

// isTraceparent reports whether a field is a valid traceparent: version, trace-id,
// parent-id and flags in lowercase hexadecimal (section 3.2). A version above 00 may
// have more behind them.
func isTraceparent(field string) bool {
	if len(field) < traceparentSize || len(field) > maxTraceparent || !isPrintable(field) || strings.Contains(field, " ") {
		return false
	}
	version, more := field[:2], field[traceparentSize:]
	if version == "ff" || more != "" && (version == "00" || more[0] != '-') {
		return false
	}
	parts := strings.Split(field[:traceparentSize], "-")
	if len(parts) != 4 {
		return false
	}
	for i, size := range []int{2, 32, 16, 2} {
		if len(parts[i]) != size || strings.Trim(parts[i], "0123456789abcdef") != "" {
			return false
		}
	}
	return strings.Trim(parts[1], "0") != "" && strings.Trim(parts[2], "0") != ""
}

// isPrintable reports whether a text has no bytes but those of printable ASCII.
func isPrintable(text string) bool {
	for _, b := range []byte(text) {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return true
}

// fields returns the fields of a request to the next hop; each ends with CRLF.
func (t traceContext) fields() string {
	var fields string
	if t.parent != "" {
		fields += "traceparent: " + t.parent + "\r\n"
	}
	if t.state != "" {
		fields += "tracestate: " + t.state + "\r\n"
	}
	return fields
}

// variables returns what a filter's environment has of t, as NAME=VALUE.
func (t traceContext) variables() []string {
	if t.parent == "" {
		return nil
	}
	return []string{"TRACEPARENT=" + t.parent}
}
