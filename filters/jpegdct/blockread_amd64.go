//go:build !noasm

package jpegdct

import "imgpipe/filters/internal/x86"

// readBlockAVX2 reads a block as readGo does. k is readAll, or the zigzag index of the
// coefficient after which to read on. lastK is
//
//   - blockEnd, blockInvalid or blockLarge,
//   - if the next symbol must be decoded on its own, the zigzag index of the coefficient
//     before it, or readAll before the DC coefficient, or
//   - if a coefficient up to limit exceeds its bound, the zigzag index of the last one that
//     was read, or blockEnd, plus blockStrong.
//
//go:noescape
func readBlockAVX2(r *blockReader, buf *byte, pos, k int, to *coefs) (next, lastK int)

const (
	readAll     = -1
	blockStrong = 128
)

// exceededAVX2 is exceededGo with AVX2.
//
//go:noescape
func exceededAVX2(b *bounds, c *coefs) bool

// exceeded reports whether a coefficient exceeds its bound.
func (b *bounds) exceeded(c *coefs) bool {
	if x86.HasAVX2 {
		return exceededAVX2(b, c)
	}
	return b.exceededGo(c)
}

// read reads a block: the coefficient with the zigzag index k, up to limit, into
// to[place[k]]. It skips those above limit, but some of them it may store too. If a
// coefficient exceeds its bound in weak, the block is strong, and all are stored. read
// returns the position after the block, or readInvalid.
func (r *blockReader) read(buf []byte, pos int, to *coefs) (next int, strong bool) {
	if !x86.HasBMI2 || !x86.HasAVX2 {
		return r.readGo(buf, pos, to)
	}
	_ = buf[pos>>3+maxBlockBytes-1]
	pred := r.pred
	next, k := readBlockAVX2(r, &buf[0], pos, readAll, to)
	if k == blockEnd {
		return next, false
	}
	return r.readRest(buf, pos, pred, next, k, to)
}

// readRest goes on after readBlockAVX2 returned the results pos and k. The block begins at
// start with the DC prediction pred.
func (r *blockReader) readRest(buf []byte, start int, pred int32, pos, k int, to *coefs) (next int, strong bool) {
	for from := r; ; {
		switch {
		case k == readAll:
			if pos = r.readDC(buf, pos, to); pos == readInvalid {
				return readInvalid, false
			}
			k = 0
		case k < blockEnd:
			pos, k = r.values.readSymbol(buf, pos, k, to, r.place)
			if k == blockEnd && from.weak != nil && from.weak.exceeded(to) {
				k = blockLarge
			}
		case k >= blockStrong:
			whole := r.whole()
			from, k = &whole, k-blockStrong
		}
		switch {
		case k == blockLarge:
			r.pred = pred
			return r.readWhole(buf, start, to), true
		case k >= blockEnd:
			return blockResult(pos, k), from != r
		}
		pos, k = readBlockAVX2(from, &buf[0], pos, k, to)
	}
}
