package tiff

import (
	"encoding/binary"
)

// An unpacker makes samples of 8 bits, or of 16 bits and big-endian, of samples as
// they are stored. It leaves out samples that are not shown.
type unpacker struct {
	*storage
	colourScale, alphaScale scale
	table                   [256]uint8 // of colourScale, for samples of up to 8 bits
	out                     []byte
}

// newUnpacker returns an unpacker of a page's samples. Colours is the scale of samples
// that are not alpha.
func newUnpacker(s *storage, colours scale) *unpacker {
	u := &unpacker{storage: s, colourScale: colours, alphaScale: s.alphaScale()}
	if s.bits <= 8 {
		for v := range 1 << s.bits {
			u.table[v] = uint8(colours(uint64(v)))
		}
	}
	return u
}

// row returns the samples of the first n pixels of row y, valid until the next call.
func (u *unpacker) row(t *tile, y, n int) []byte {
	shown, size := u.used(), u.depth()/8
	if len(u.out) < n*shown*size {
		u.out = make([]byte, n*shown*size)
	}
	out := u.out[:n*shown*size]
	if u.planes {
		for k := range shown {
			u.unpack(out, t.planes[k][y*t.stride:][:t.stride], 1, k)
		}
		return out
	}
	src := t.planes[0][y*t.stride:][:t.stride]
	all := shown == u.samples && u.format == formatUnsigned
	switch {
	case all && u.bits == 8:
		return src[:len(out)]
	case all && u.bits == 16 && u.order == binary.BigEndian:
		return src[:len(out)]
	case all && u.bits == 16:
		swap16(out, src)
	case all && u.bits < 8 && 8%u.bits == 0 && u.alpha == 0:
		u.expand(out, src)
	default:
		u.unpack(out, src, u.samples, 0)
	}
	return out
}

// swap16 changes the byte order of samples of 16 bits.
func swap16(dst, src []byte) {
	src = src[:len(dst)]
	for i := 0; i+1 < len(dst); i += 2 {
		dst[i], dst[i+1] = src[i+1], src[i]
	}
}

// expand unpacks samples of 1, 2 or 4 bits.
func (u *unpacker) expand(dst, src []byte) {
	perByte, mask := 8/u.bits, byte(1)<<u.bits-1
	for len(dst) > 0 {
		packed := src[0]
		n := min(perByte, len(dst))
		for i := range n {
			dst[i] = u.table[packed>>(8-u.bits*(i+1))&mask]
		}
		dst, src = dst[n:], src[1:]
	}
}

// unpack unpacks samples of any kind. Of each pixel src has n samples, from the one of
// index first on.
func (u *unpacker) unpack(dst, src []byte, n, first int) {
	shown, size := u.used(), u.depth()/8
	value := u.values(src)
	for i := 0; len(dst) > 0; i, dst = i+n, dst[shown*size:] {
		for k := first; k < min(first+n, shown); k++ {
			scaled := u.colourScale
			if k == u.colours {
				scaled = u.alphaScale
			}
			v := scaled(value(i + k - first))
			if size == 1 {
				dst[k] = uint8(v)
			} else {
				binary.BigEndian.PutUint16(dst[2*k:], v)
			}
		}
	}
}

// values returns a function that returns sample i of a row. Samples of whole bytes are in
// the byte order of the file; all others follow each other bit by bit, the highest bit
// first.
func (s *storage) values(src []byte) func(i int) uint64 {
	size := s.bits / 8
	switch {
	case s.bits%8 != 0:
		return func(i int) uint64 { return bitsAt(src, i*s.bits, s.bits) }
	case s.order == binary.LittleEndian && s.predictor != predictorFloat: // see undoPrediction
		return func(i int) (v uint64) {
			for k, b := range src[i*size:][:size] {
				v |= uint64(b) << (8 * k)
			}
			return v
		}
	}
	return func(i int) (v uint64) {
		for _, b := range src[i*size:][:size] {
			v = v<<8 | uint64(b)
		}
		return v
	}
}

// bitsAt returns n bits, at most 32, from bit at on.
func bitsAt(src []byte, at, n int) (v uint64) {
	last := (at + n - 1) / 8
	for _, b := range src[at/8 : last+1] {
		v = v<<8 | uint64(b)
	}
	return v >> (8*last + 7 - (at + n - 1)) & (1<<n - 1)
}
