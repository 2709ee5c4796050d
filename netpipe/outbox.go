package netpipe

import (
	"bytes"
	"context"
	"io"
	"sync/atomic"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/spool"
)

// An outbox brings the filter's output to the next hop. As long as it keeps all that it has
// read, another next hop can get the same.
type outbox struct {
	ctx        context.Context // of the conn
	output     io.Reader
	allowEmpty bool
	buf        *fdio.Chunk
	chunk      []byte // what was read last, in buf
	err        error  // that ended the output: io.EOF, or that of an invocation that was aborted
	isWaiting  bool   // the filter had not ended its output when the conn was aborted
	isSent     bool   // a next hop has got the first chunk

	keeps atomic.Bool // kept is all that has been read
	kept  spool.Spool
}

// maxKept returns how many bytes all outboxes of a server together may keep, besides what
// is held: a quarter of MaxHeld, rounded up, since a Budget of 0 has no limit.
func maxKept(s *Server) int64 { return (s.MaxHeld + 3) / 4 }

// newOutbox returns the outbox of c, which keeps the output if there are several next hops,
// and as far as service.kept allows.
func (c *conn) newOutbox() *outbox {
	config := c.service.config
	o := &outbox{ctx: c.ctx, output: c.invocation, allowEmpty: config.AllowEmpty, buf: fdio.GetChunk()}
	o.keeps.Store(!config.NoHold && c.service.next.IsSeveral())
	o.kept = spool.Spool{Limit: config.MaxAnswer, Budget: &c.service.kept, Owner: c.source}
	return o
}

// free frees what is kept.
func (o *outbox) free() {
	o.kept.Release()
	fdio.PutChunk(o.buf)
}

// begin waits for the first byte of the output, and reports whether there is something to
// be sent.
func (o *outbox) begin() bool {
	o.read()
	return o.err == nil || o.err == io.EOF && (len(o.chunk) > 0 || o.allowEmpty)
}

// read reads and keeps the next chunk.
func (o *outbox) read() {
	n, err := o.output.Read(o.buf[:])
	o.isWaiting = n == 0 && o.ctx.Err() != nil
	o.chunk, o.err = o.buf[:n], err
	if !o.keeps.Load() {
		return
	}
	if _, err := o.kept.ReadFrom(bytes.NewReader(o.chunk)); err != nil {
		o.keeps.Store(false)
		o.kept.Release()
	}
}

// sendTo sends all of the output, from its beginning. An error is w's, or that of the
// output.
func (o *outbox) sendTo(w io.Writer) error {
	var err error
	if o.isSent {
		_, err = o.kept.WriteTo(w)
	} else {
		o.isSent = true
		_, err = w.Write(o.chunk)
	}
	for err == nil && o.err == nil {
		o.read()
		if len(o.chunk) > 0 {
			_, err = w.Write(o.chunk)
		}
	}
	if err == nil {
		err = notEOF(o.err)
	}
	return err
}

// drain reads the rest of the output, until stop is closed.
func (o *outbox) drain(stop <-chan struct{}) {
	for o.err == nil {
		select {
		case <-stop:
			return
		default:
			o.read()
		}
	}
}
