package jpegdct

import (
	"encoding/binary"
	"io"
)

// flushSize is how much output is gathered before it is written.
const flushSize = 64 << 10

// A bitWriter gathers output: marker segments as bytes, entropy-coded data as
// bits, which it stuffs (T.81, F.1.2.3). Nothing is written before flush, so
// that what must be held back can be.
type bitWriter struct {
	w    io.Writer
	buf  []byte
	acc  uint64 // the last 64-free bits of the data, at the low end
	free uint   // 1..64
	err  error
}

// flush writes the whole bytes out.
func (b *bitWriter) flush() error {
	if b.err == nil && len(b.buf) > 0 {
		_, b.err = b.w.Write(b.buf)
		b.buf = b.buf[:0]
	}
	return b.err
}

// raw writes bytes as they are, after all that was gathered.
func (b *bitWriter) raw(p []byte) error {
	if b.flush() == nil && len(p) > 0 {
		_, b.err = b.w.Write(p)
	}
	return b.err
}

// flushFull writes out if there is enough of it.
func (b *bitWriter) flushFull() error {
	if len(b.buf) < flushSize {
		return b.err
	}
	return b.flush()
}

// bits appends the low n bits of v, whose others are 0; n is at most 57.
func (b *bitWriter) bits(v uint64, n uint) {
	if n < b.free {
		b.acc = b.acc<<(n&63) | v
		b.free -= n
		return
	}
	n -= b.free
	b.word(b.acc<<(b.free&63) | v>>(n&63))
	b.acc = v
	b.free = 64 - n
}

// word appends 8 bytes of data.
func (b *bitWriter) word(v uint64) {
	const low, high = 0x0101010101010101, 0x8080808080808080
	// A byte is 0xFF if its complement is 0.
	if n := ^v; (n-low)&^n&high == 0 {
		b.buf = binary.BigEndian.AppendUint64(b.buf, v)
		return
	}
	for shift := 56; shift >= 0; shift -= 8 {
		b.stuffed(byte(v >> shift))
	}
}

func (b *bitWriter) stuffed(v byte) {
	b.buf = append(b.buf, v)
	if v == 0xFF {
		b.buf = append(b.buf, 0)
	}
}

// align fills the last byte with ones.
func (b *bitWriter) align() {
	n := 64 - b.free
	v := b.acc<<(b.free&63) | (uint64(1)<<(b.free&63) - 1)
	for i := uint(0); i < n; i += 8 {
		b.stuffed(byte(v >> (56 - i)))
	}
	b.acc, b.free = 0, 64
}

// marker appends a marker without parameters.
func (b *bitWriter) marker(code byte) { b.buf = append(b.buf, 0xFF, code) }

// segment appends a marker with parameters.
func (b *bitWriter) segment(code byte, params ...byte) {
	n := len(params) + 2
	b.buf = append(b.buf, 0xFF, code, byte(n>>8), byte(n))
	b.buf = append(b.buf, params...)
}
