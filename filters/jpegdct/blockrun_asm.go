//go:build (amd64 || arm64) && !noasm

package jpegdct

// readRunAsm reads blocks as readGo does. k is blockBegin; or the zigzag index of a
// coefficient of the next block, which then is read from the symbol at r.symbol on. stop is
//
//   - blockBegin if all MCUs are read, or the next one begins beyond safe,
//   - blockInvalid or blockLarge, or
//   - if the symbol at r.symbol must be decoded on its own, the zigzag index of the
//     coefficient before it, or blockDC if it is that of the DC coefficient.
//
//go:noescape
func readRunAsm(r *blockRun, buf *byte, safe, k int) (stop int)

const (
	blockBegin = -1
	blockDC    = -2
)

// read reads blocks as blockReader.readGo does, until all MCUs are read or the next one
// begins beyond safe. It returns 0; readInvalid; or readLarge if the next block is not to be
// read or has a value that exceeds its bound: then some of its coefficients may be set.
func (r *blockRun) read(buf []byte, safe int) (result int) {
	if !hasEntropyAsm() {
		return r.readGo(buf, safe)
	}
	_ = buf[r.pos>>3+r.maxBytes(r.at)-1]
	_ = buf[safe>>3+r.maxBytes(0)-1]
	for k := blockBegin; k != blockBegin || !r.isDone(safe); {
		if k = readRunAsm(r, &buf[0], safe, k); k != blockBegin && k < blockEnd {
			k = r.readSymbol(buf, k)
		}
		switch k {
		case blockInvalid, blockLarge:
			return blockResult(0, k)
		case blockEnd:
			*r.blocks[r.at].reader.pred = r.pred
			r.advance(r.symbol)
			k = blockBegin
		}
	}
	return 0
}

// maxBytes limits the coded size of the blocks of an MCU from the index at on, as
// maxBlockBytes that of a block.
func (r *blockRun) maxBytes(at int) int { return (len(r.blocks)-at)*64*4 + 16 }

// readSymbol decodes the symbol at r.symbol. k and the result are as in
// valueTable.readSymbol; k may also be blockDC.
func (r *blockRun) readSymbol(buf []byte, k int) (last int) {
	b, to, place := r.next()
	if k == blockDC {
		r.pred, r.symbol = b.reader.readDC(buf, r.symbol)
		if r.symbol == readInvalid {
			return blockInvalid
		}
		to[place[0]] = int16(r.pred)
		return 0
	}
	r.symbol, k = b.reader.values.readSymbol(buf, r.symbol, k, to, place, b.reader.bounds)
	return k
}
