//go:build !noasm

package jpegdct

import "imgpipe/filters/internal/x86"

// readBlockBMI2 reads a block as readGo does. k is readAll, or the zigzag index of the
// coefficient after which to read on. lastK is blockEnd, blockInvalid or blockLarge; or, if
// the next symbol must be decoded on its own, the zigzag index of the coefficient before it,
// or readAll before the DC coefficient.
//
//go:noescape
func readBlockBMI2(r *blockReader, buf *byte, pos, k int, to *coefs, place *places) (next, lastK int)

const readAll = -1

// read reads a block: the coefficient with the zigzag index k, up to limit, into
// to[place[k]]. It skips those above limit, but some of them it may store too. It returns
// the position after the block; readInvalid; or readLarge if a value exceeds its bound, and
// then some coefficients may be missing.
func (r *blockReader) read(buf []byte, pos int, to *coefs, place *places) int {
	if !x86.HasBMI2 {
		return r.readGo(buf, pos, to, place)
	}
	_ = buf[pos>>3+maxBlockBytes-1]
	next, k := readBlockBMI2(r, &buf[0], pos, readAll, to, place)
	if k == blockEnd {
		return next
	}
	return r.readRest(buf, next, k, to, place)
}

// readRest goes on after readBlockBMI2 returned the results pos and k.
func (r *blockReader) readRest(buf []byte, pos, k int, to *coefs, place *places) int {
	for {
		switch {
		case k == readAll:
			if pos = r.readDC(buf, pos, to, place); pos == readInvalid {
				return readInvalid
			}
			k = 0
		case k < blockEnd:
			pos, k = r.values.readSymbol(buf, pos, k, to, place, r.bounds)
		}
		if k >= blockEnd {
			return blockResult(pos, k)
		}
		pos, k = readBlockBMI2(r, &buf[0], pos, k, to, place)
	}
}
