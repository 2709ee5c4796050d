package netpipe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"syscall"

	"github.com/hashicorp/go-multierror"
)

// A verdict is how a connection ended. Only whole is a FIN; anything else is a
// reset.
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

// What ends a connection from outside its parts.
var (
	errProbe        = errors.New("not one byte came")
	errNotAllowed   = errors.New("the address isn't in -allow")
	errSourceBusy   = errors.New("its source has -max-per-source connections already")
	errNoRoom       = errors.New("no more files may be opened")
	errQueueFull    = errors.New("the queue is full")
	errQueueTimeout = errors.New("waited for -queue-timeout")
	errNotReady     = errors.New("no filter is ready")
	errTimeout      = errors.New("not done within -timeout")
	errStopped      = errors.New("netpipe was stopped")
)

// What a part says of itself, where the system has no words for it.
var (
	errSilent        = errors.New("silent for -idle-timeout: a client must half-close after its input")
	errNotTaken      = errors.New("took less of the answer than 64 KiB/s for -idle-timeout")
	errInputTooLarge = errors.New("the input is larger than -max-input")
	errNoAnswer      = errors.New("the answer is empty (-allow-empty lets it pass)")
)

// errBroken ends all parts of a connection because one of them failed, which
// has said why itself.
var errBroken = errors.New("a part failed")

// An ending is all that is known of a connection when its parts have ended.
type ending struct {
	cut    error // why it was ended from outside; nil if its parts came to their end
	input  error // reading the client's input; nil after its half-close, or while it still sends
	exit   error // the filter's exit status, or a worker's answer status; nil is 0
	next   error // dialling the next hop, sending to it, reading its answer up to FIN
	answer error // holding the answer
	send   error // sending the answer to the client
	empty  bool  // the answer has 0 bytes, and they aren't allowed
}

// judge is the verdict. It is the table of events, row by row; where several
// rows apply, the first one does.
func (e *ending) judge() verdict {
	switch {
	// connect and no byte (a health probe)
	case errors.Is(e.cut, errProbe):
		return probe

	// not in -allow
	case errors.Is(e.cut, errNotAllowed):
		return refused

	// a request that HTTP forbids, or a browser that is being abused
	case slices.Contains(objections, e.cut):
		return refused

	// pool busy: the queue is full, or -queue-timeout is over; also: more than
	// -max-per-source, or than there are file descriptors for
	case errors.Is(e.cut, errQueueFull), errors.Is(e.cut, errQueueTimeout),
		errors.Is(e.cut, errSourceBusy), errors.Is(e.cut, errNoRoom),
		errors.Is(e.cut, errDraining):
		return busy

	// filter dies before it is bound
	case errors.Is(e.cut, errNotReady):
		return notReady

	// SIGTERM, SIGINT: not done within -drain, or the second signal
	case errors.Is(e.cut, errStopped):
		return stopped

	// filter outlives -timeout; also: the client half-closes and then closes
	// without a reset, or it never ends its input without ever being silent
	case errors.Is(e.cut, errTimeout):
		return filterTimeout

	// client never half-closes; also: it doesn't read, or too slowly
	case errors.Is(e.input, errSilent), errors.Is(e.send, errNotTaken):
		return clientSilent

	case errors.Is(e.input, errInputTooLarge):
		return clientLarge

	// POST without a body, or with one that isn't HTTP
	case errors.Is(e.input, errNoInput), errors.Is(e.input, errMalformed):
		return badRequest

	// client resets, also after its half-close
	case e.input != nil:
		return clientGone

	// filter exits non-zero or is killed; a worker answers with an error, breaks
	// the protocol, or ends in mid-answer
	case e.exit != nil:
		return filterFailed

	// next hop refuses or is slow; next hop resets
	case e.next != nil:
		return nextFailed

	// -max-answer, -max-held, a full temporary directory
	case e.answer != nil:
		return notHeld

	// client resets while the answer is sent
	case e.send != nil:
		return clientGone

	// exit status 0 and not one byte
	case e.empty:
		return noAnswer
	}
	// Client half-closes, filter exits 0; filter exits 0 with input unread;
	// filter's leader exits 0 and a grandchild held the pipe; next hop answers
	// and ends with FIN before it has read everything.
	return whole
}

// err is everything that went wrong, as one error; nil if nothing did.
func (e *ending) err() error {
	var all *multierror.Error
	send := e.send
	if e.input != nil {
		send = nil // the same reset, met by another system call
	}
	for _, part := range []struct {
		name string
		err  error
	}{
		{"", e.cut},
		{"client: ", e.input},
		{"filter: ", e.exit},
		{"next hop: ", e.next},
		{"", e.answer},
		{"client: ", send},
	} {
		if part.err != nil {
			all = multierror.Append(all, fmt.Errorf("%s%w", part.name, part.err))
		}
	}
	if all == nil && e.empty {
		all = multierror.Append(all, errNoAnswer)
	}
	if all != nil {
		all.ErrorFormat = inOneLine
	}
	return all.ErrorOrNil()
}

func inOneLine(errs []error) string {
	line := ""
	for i, err := range errs {
		if i > 0 {
			line += "; "
		}
		line += err.Error()
	}
	return line
}

// answeredEarly reports whether a failed write to a hop tells only that the hop
// had ended its answer with FIN before. The kernel keeps the two apart: after a
// FIN the reset that follows is EPIPE, without one it is ECONNRESET. That
// matters because a reader that comes second finds just an EOF after either.
func answeredEarly(err error) bool { return errors.Is(err, syscall.EPIPE) }

// byUs reports whether err comes from our closing what another part still used,
// or from our calling it off.
func byUs(err error) bool {
	return errors.Is(err, os.ErrClosed) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.Canceled)
}

// plain is what the kernel said, without the addresses and system calls that
// package net puts before it: the log record has the one, nobody wants the other.
func plain(err error) error {
	for {
		switch e := err.(type) {
		case *writeError:
			err = e.err
		case *net.OpError:
			err = e.Err
		case *os.SyscallError:
			err = e.Err
		default:
			if err == syscall.EPIPE || err == syscall.ENOTCONN { // a reset that another call was told of
				return errReset
			}
			return err
		}
	}
}
