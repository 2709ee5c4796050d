//go:build !amd64 || noasm

package jpegdct

// block passes a whole block from its DC difference on. It gives the position
// after it, or -1 if there is no such code.
func (t *skipTable) block(buf []byte, pos int) int { return t.blockGo(buf, pos) }

// low reads a block's AC coefficients up to the zigzag index limit and puts the
// k-th at to[place[k]]; the others are skipped. It gives the position after the
// block, or -1 if the data make no sense.
func (t *valueTable) low(buf []byte, pos, limit int, skip *skipTable, to *tile, place *places) int {
	return t.lowGo(buf, pos, 0, limit, skip, to, place)
}
