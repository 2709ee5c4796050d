package jpegdct

import (
	"bytes"
	"encoding/binary"
	"io"
)

// flushSize is how much output is gathered before it is written; the first rows
// go at once, so that who reads them can begin.
const flushSize = 64 << 10

// dataSize is how much data is stuffed at once, and dataSlack what may be added
// between two looks at it: the most that one block takes.
const (
	dataSize  = 4 << 10
	dataSlack = 256
)

// A bitWriter gathers output: marker segments as bytes, entropy-coded data as
// bits, which are stuffed (T.81, F.1.2.3) a chunk at a time. Nothing is written
// before flush, so that what must be held back can be.
type bitWriter struct {
	w       io.Writer
	buf     []byte
	data    []byte // data[:n] is to be stuffed and appended to buf
	n       int
	acc     uint64 // the last have bits of the data, at the low end; what is above them is no more
	have    uint   // 0..7
	flushAt int    // what flushFull waits for
	err     error
}

func newBitWriter(w io.Writer, size int) bitWriter {
	return bitWriter{w: w, buf: make([]byte, 0, size), data: make([]byte, dataSize+dataSlack)}
}

// flush writes the whole bytes out.
func (b *bitWriter) flush() error {
	b.stuff()
	if b.err == nil && len(b.buf) > 0 {
		_, b.err = b.w.Write(b.buf)
		b.buf = b.buf[:0]
	}
	return b.err
}

// writeRaw writes bytes as they are, after all that was gathered.
func (b *bitWriter) writeRaw(p []byte) error {
	if b.flush() == nil && len(p) > 0 {
		_, b.err = b.w.Write(p)
	}
	return b.err
}

// flushFull writes out if there is enough of it.
func (b *bitWriter) flushFull() error {
	if len(b.buf)+b.n < b.flushAt {
		return b.err
	}
	b.flushAt = min(b.flushAt+flushSize/16, flushSize)
	return b.flush()
}

// writeBits appends the low n bits of v, whose others are 0; n is at most 57.
func (b *bitWriter) writeBits(v uint64, n uint) {
	b.makeRoom()
	b.acc = b.acc<<(n&63) | v
	b.have += n
	binary.BigEndian.PutUint64(b.data[b.n:], b.acc<<(-b.have&63))
	b.n += int(b.have >> 3)
	b.have &= 7
}

// makeRoom makes room for dataSlack bytes of data.
func (b *bitWriter) makeRoom() {
	if b.n >= dataSize {
		b.stuff()
	}
}

// stuff passes the whole bytes of data on.
func (b *bitWriter) stuff() {
	b.writeData(b.data[:b.n])
	b.n = 0
}

// writeData appends bytes of data.
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

// align fills the last byte with ones.
func (b *bitWriter) align() {
	if n := -b.have & 7; n > 0 {
		b.writeBits(1<<n-1, n)
	}
	b.stuff()
}

// writeMarker appends a marker without parameters.
func (b *bitWriter) writeMarker(code byte) { b.buf = append(b.buf, 0xFF, code) }

// writeSegment appends a marker with parameters.
func (b *bitWriter) writeSegment(code byte, params ...byte) {
	n := len(params) + 2
	b.buf = append(b.buf, 0xFF, code, byte(n>>8), byte(n))
	b.buf = append(b.buf, params...)
}
