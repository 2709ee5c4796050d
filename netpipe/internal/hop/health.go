package hop

import "time"

// Rests of a server that has failed.
const (
	firstRest = 100 * time.Millisecond
	lastRest  = 10 * time.Second
)

// A health is what is known of a server by its exchanges. A server that fails rests. Then
// one exchange tries it: if that fails, the server rests twice as long, up to lastRest; if
// the answer comes, the server works. The zero health is that of a server that works.
type health struct {
	failures int           // failures after which a rest began
	rest     time.Duration // the last one; 0 means that the server works
	since    time.Time     // the beginning of the last rest
	until    time.Time     // its end
	onTrial  bool          // the rest is over, and an exchange tries the server
}

// mayTake reports whether an exchange may begin that is better made with a server that
// works.
func (h *health) mayTake(now time.Time) bool {
	return h.rest == 0 || !h.onTrial && !now.Before(h.until)
}

// begin notes that an exchange begins, and reports whether it is the one that tries the
// server.
func (h *health) begin() (trial bool) {
	if h.rest == 0 || h.onTrial {
		return false
	}
	h.onTrial = true
	return true
}

// fail begins a rest. random, in [0, 1), makes it up to a quarter shorter or longer, so that
// servers that failed at once, or the clients of one, do not come back at once.
func (h *health) fail(now time.Time, random float64) {
	h.failures++
	h.rest = min(max(2*h.rest, firstRest), lastRest)
	h.since = now
	h.until = now.Add(time.Duration((0.75 + random/2) * float64(h.rest)))
	h.onTrial = false
}

// succeed notes that the server works.
func (h *health) succeed() { h.rest, h.onTrial = 0, false }
