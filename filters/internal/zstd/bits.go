package zstd

import (
	"encoding/binary"
	"math/bits"
)

// A reverseReader reads bits from the end of data to their beginning, the highest bit of
// each byte first (section 4.1). Behind the beginning it reads zeros.
type reverseReader struct {
	data  []byte // not yet in value
	value uint64 // the next bits, from the highest down; what is below count bits may be of data
	count int    // of bits in value; below 0 if more were read than there are
}

// newReverseReader returns a reader that stands behind the end mark: the highest 1 of the
// last byte.
func newReverseReader(data []byte) (reverseReader, error) {
	if len(data) == 0 || data[len(data)-1] == 0 {
		return reverseReader{}, corrupt("bits without an end mark")
	}
	r := reverseReader{data: data}
	r.refill()
	r.skip(bits.LeadingZeros8(data[len(data)-1]) + 1)
	return r, nil
}

// refill makes count at least 57, if data has so many bits.
func (r *reverseReader) refill() {
	if r.count < 0 {
		return
	}
	if n := len(r.data); n >= 8 {
		r.value |= binary.LittleEndian.Uint64(r.data[n-8:]) >> r.count
		bytes := (64 - r.count) / 8
		r.data = r.data[:n-bytes]
		r.count += 8 * bytes
		return
	}
	for r.count <= 56 && len(r.data) > 0 {
		n := len(r.data) - 1
		r.value |= uint64(r.data[n]) << (56 - r.count)
		r.data = r.data[:n]
		r.count += 8
	}
}

// peek returns the next n bits, n at most 57 after refill, without going on.
func (r *reverseReader) peek(n int) int { return int(r.value >> 1 >> (63 - n)) }

func (r *reverseReader) skip(n int) {
	r.value <<= n
	r.count -= n
}

// read returns the next n bits, n at most 57 after refill.
func (r *reverseReader) read(n int) int {
	v := r.peek(n)
	r.skip(n)
	return v
}

// isAtEnd tells whether all bits were read, and none too many.
func (r *reverseReader) isAtEnd() bool { return r.count == 0 && len(r.data) == 0 }

// isBehindEnd tells whether more bits were read than there are.
func (r *reverseReader) isBehindEnd() bool { return r.count < 0 }
