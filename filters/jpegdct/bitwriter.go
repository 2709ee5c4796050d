package jpegdct

import (
	"bytes"
	"encoding/binary"
	"io"
)

// flushSize is the number of bytes that are gathered before they are written. The first
// MCU rows are written at once, so that the next program in a pipe can begin.
const flushSize = 64 << 10

// dataSize is the number of bytes of data that get byte stuffing at once. dataSlack is
// the room after them, for one block.
const (
	dataSize  = 4 << 10
	dataSlack = 256
)

// A bitWriter gathers output: marker segments as bytes, and entropy-coded data as
// bits, which get byte stuffing (T.81, F.1.2.3) some KiB at a time. It writes nothing
// before flush, so that the end of the output can be held back.
type bitWriter struct {
	w       io.Writer
	buf     []byte // output, up to data
	data    []byte // data[:n] are whole bytes to be stuffed and appended to buf
	n       int
	acc     uint64 // the low have bits are the bits after data[:n]; the others are old
	have    uint   // 0..7
	flushAt int    // number of gathered bytes from which on flushIfFull flushes
	err     error  // of w
}

// newBitWriter makes a bitWriter with a buffer of size bytes.
func newBitWriter(w io.Writer, size int) bitWriter {
	return bitWriter{w: w, buf: make([]byte, 0, size), data: make([]byte, dataSize+dataSlack)}
}

// flush writes all whole bytes to the underlying writer.
func (b *bitWriter) flush() error {
	b.stuff()
	if b.err == nil && len(b.buf) > 0 {
		_, b.err = b.w.Write(b.buf)
		b.buf = b.buf[:0]
	}
	return b.err
}

// writeRaw flushes, and then writes p as it is.
func (b *bitWriter) writeRaw(p []byte) error {
	if b.flush() == nil && len(p) > 0 {
		_, b.err = b.w.Write(p)
	}
	return b.err
}

// flushIfFull flushes if at least flushAt bytes are gathered.
func (b *bitWriter) flushIfFull() error {
	if len(b.buf)+b.n < b.flushAt {
		return b.err
	}
	b.flushAt = min(b.flushAt+flushSize/16, flushSize)
	return b.flush()
}

// writeBits appends the low n bits of v, n at most 57. The other bits of v must be 0.
func (b *bitWriter) writeBits(v uint64, n uint) {
	b.makeRoom()
	b.acc = b.acc<<(n&63) | v
	b.have += n
	binary.BigEndian.PutUint64(b.data[b.n:], b.acc<<(-b.have&63))
	b.n += int(b.have >> 3)
	b.have &= 7
}

// makeRoom makes room for dataSlack more bytes in data.
func (b *bitWriter) makeRoom() {
	if b.n >= dataSize {
		b.stuff()
	}
}

// stuff moves the whole bytes of data to buf, with byte stuffing.
func (b *bitWriter) stuff() {
	b.writeData(b.data[:b.n])
	b.n = 0
}

// writeData appends bytes of entropy-coded data, with byte stuffing.
func (b *bitWriter) writeData(data []byte) {
	for {
		i := bytes.IndexByte(data, 0xFF)
		if i < 0 {
			b.buf = append(b.buf, data...)
			return
		}
		b.buf = append(append(b.buf, data[:i]...), 0xFF, 0)
		data = data[i+1:]
	}
}

// align fills the last byte with 1 bits (T.81, F.1.2.3), and calls stuff.
func (b *bitWriter) align() {
	if n := -b.have & 7; n > 0 {
		b.writeBits(1<<n-1, n)
	}
	b.stuff()
}

// writeMarker appends a marker without parameters.
func (b *bitWriter) writeMarker(code byte) { b.buf = append(b.buf, 0xFF, code) }

// writeSegment appends a marker segment (T.81, B.1.1.4).
func (b *bitWriter) writeSegment(code byte, params ...byte) {
	n := len(params) + 2
	b.buf = append(b.buf, 0xFF, code, byte(n>>8), byte(n))
	b.buf = append(b.buf, params...)
}
