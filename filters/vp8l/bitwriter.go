package vp8l

import "encoding/binary"

// A bitWriter writes bits, the lowest bit of each byte first.
type bitWriter struct {
	out   []byte
	value uint64 // not yet in out
	count int    // bits of value, below 8 after each put
}

// put writes the n lowest bits of v, n at most 56. The bits above must be 0.
func (w *bitWriter) put(v uint64, n int) {
	w.value |= v << w.count
	w.count += n
	if w.count >= 8 {
		bytes := w.count / 8
		w.out = binary.LittleEndian.AppendUint64(w.out, w.value)
		w.out = w.out[:len(w.out)-8+bytes]
		w.value >>= 8 * bytes
		w.count -= 8 * bytes
	}
}

func (w *bitWriter) putBool(b bool) {
	if b {
		w.put(1, 1)
	} else {
		w.put(0, 1)
	}
}

// finish fills the last byte and returns what was written.
func (w *bitWriter) finish() []byte {
	w.put(0, (8-w.count)%8)
	return w.out
}
