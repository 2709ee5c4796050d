package xz

import (
	"encoding/binary"
	"io"
)

// A probability is that of a 0, in 1/2048.
type probability uint16

const (
	probabilityBits = 11
	half            = 1 << (probabilityBits - 1)
	adaption        = 5 // the larger, the slower
)

func halve(p []probability) {
	for i := range p {
		p[i] = half
	}
}

// A rangeDecoder decodes bits by their probabilities. Behind the end of the data it reads
// zeros.
type rangeDecoder struct {
	data       []byte
	at         int
	size, code uint32
}

func newRangeDecoder(data []byte) (rangeDecoder, error) {
	if len(data) < 5 {
		return rangeDecoder{}, io.ErrUnexpectedEOF
	}
	if data[0] != 0 {
		return rangeDecoder{}, corrupt("a chunk that begins with %d", data[0])
	}
	return rangeDecoder{data: data, at: 5, size: 1<<32 - 1, code: binary.BigEndian.Uint32(data[1:])}, nil
}

func (r *rangeDecoder) normalize() {
	if r.size < 1<<24 {
		r.size <<= 8
		r.code = r.code<<8 | r.next()
	}
}

// next reads a byte.
func (r *rangeDecoder) next() uint32 {
	at := r.at
	r.at++
	if at < len(r.data) {
		return uint32(r.data[at])
	}
	return 0
}

// bit decodes a bit and adapts its probability.
func (r *rangeDecoder) bit(p *probability) int {
	r.normalize()
	bound := r.size >> probabilityBits * uint32(*p)
	if r.code < bound {
		r.size = bound
		*p += (1<<probabilityBits - *p) >> adaption
		return 0
	}
	r.size -= bound
	r.code -= bound
	*p -= *p >> adaption
	return 1
}

// tree decodes as many bits as len(p) is a power of 2, the highest first. It is bit in a
// loop, with the state in registers.
func (r *rangeDecoder) tree(p []probability) int {
	size, code := r.size, r.code
	symbol := 1
	for symbol < len(p) {
		if size < 1<<24 {
			size <<= 8
			code = code<<8 | r.next()
		}
		q := p[symbol]
		symbol <<= 1
		if bound := size >> probabilityBits * uint32(q); code < bound {
			size = bound
			p[symbol>>1] = q + (1<<probabilityBits-q)>>adaption
		} else {
			size -= bound
			code -= bound
			p[symbol>>1] = q - q>>adaption
			symbol++
		}
	}
	r.size, r.code = size, code
	return symbol - len(p)
}

// matched decodes a byte that probably is not as expected. As long as its bits are, their
// probabilities are others: the second 0x100 for 0, the third for 1.
func (r *rangeDecoder) matched(p []probability, expected int) int {
	symbol := 1
	for symbol < 0x100 {
		bit := expected >> 7 & 1
		expected <<= 1
		got := r.bit(&p[(1+bit)<<8+symbol])
		symbol = symbol<<1 + got
		if got != bit {
			break
		}
	}
	for symbol < 0x100 {
		symbol = symbol<<1 + r.bit(&p[symbol])
	}
	return symbol - 0x100
}

// reverseTree decodes n bits, the lowest first.
func (r *rangeDecoder) reverseTree(p []probability, n int) (v int) {
	symbol := 1
	for i := range n {
		bit := r.bit(&p[symbol])
		symbol = symbol<<1 + bit
		v |= bit << i
	}
	return v
}

// direct decodes n bits that are as often 0 as 1, the highest first.
func (r *rangeDecoder) direct(n int) (v int) {
	for range n {
		r.normalize()
		r.size >>= 1
		v <<= 1
		if r.code >= r.size {
			r.code -= r.size
			v |= 1
		}
	}
	return v
}

func (r *rangeDecoder) isBehindEnd() bool { return r.at > len(r.data) }

// finish returns an error if a chunk does not end where its data do.
func (r *rangeDecoder) finish() error {
	r.normalize()
	if r.at != len(r.data) || r.code != 0 {
		return corrupt("a chunk that does not end where its data do")
	}
	return nil
}
