package netpipe

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
)

func TestJudge(t *testing.T) {
	reset, exit3 := error(syscall.ECONNRESET), errors.New("exit status 3")
	for _, test := range []struct {
		name string
		end  ending
		want verdict
		err  string
	}{
		{"nothing went wrong", ending{}, whole, ""},
		{"probe", ending{cut: errProbe}, probe, "not one byte came"},
		{"not allowed", ending{cut: errNotAllowed}, refused, "the address isn't in -allow"},
		{"queue full", ending{cut: errQueueFull}, busy, "the queue is full"},
		{"queue timeout", ending{cut: errQueueTimeout}, busy, "waited for -queue-timeout"},
		{"one source too often", ending{cut: errSourceBusy}, busy, "its source has -max-per-source connections already"},
		{"no filter", ending{cut: fmt.Errorf("%w: %w", errNotReady, exit3)}, notReady, "no filter is ready: exit status 3"},
		{"stopped", ending{cut: errStopped, empty: true}, stopped, "netpipe was stopped"},
		{"timeout", ending{cut: errTimeout, empty: true}, filterTimeout, "not done within -timeout"},
		{"silent", ending{input: errSilent}, clientSilent, "client: silent for -idle-timeout: a client must half-close after its input"},
		{"input too large", ending{input: errInputTooLarge}, clientLarge, "client: the input is larger than -max-input"},
		{"client resets", ending{input: reset}, clientGone, "client: connection reset by peer"},
		{"client resets, filter fails", ending{input: reset, exit: exit3}, clientGone, "client: connection reset by peer; filter: exit status 3"},
		{"filter fails", ending{exit: exit3, empty: true}, filterFailed, "filter: exit status 3"},
		{"filter and next hop fail", ending{exit: exit3, next: reset}, filterFailed, "filter: exit status 3; next hop: connection reset by peer"},
		{"next hop resets", ending{next: reset}, nextFailed, "next hop: connection reset by peer"},
		{"answer too large", ending{answer: errAnswerTooLarge}, notHeld, "hold the answer: it is larger than -max-answer"},
		{"client resets the answer", ending{send: reset}, clientGone, "client: connection reset by peer"},
		{"client resets the answer, seen twice", ending{input: reset, send: reset}, clientGone, "client: connection reset by peer"},
		{"client takes it too slowly", ending{send: errNotTaken}, clientSilent, "client: took less of the answer than 64 KiB/s for -idle-timeout"},
		{"empty", ending{empty: true}, noAnswer, "the answer is empty (-allow-empty lets it pass)"},
	} {
		if got := test.end.judge(); got != test.want {
			t.Errorf("%s: want %q, got %q", test.name, test.want, got)
		}
		err := test.end.err()
		if (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
			t.Errorf("%s: want error %q, got %v", test.name, test.err, err)
		}
		if got := test.end.judge(); (got == whole) != (err == nil) {
			t.Errorf("%s: verdict %q with error %v", test.name, got, err)
		}
	}
}
