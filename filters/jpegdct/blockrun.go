package jpegdct

import "math"

// A blockRun reads the blocks of consecutive MCUs of a sequential scan into tiles.
// The assembly depends on its fields, and on those of runBlock.
type blockRun struct {
	blocks []runBlock // of an MCU
	at     int        // the index of the next block
	mcus   int        // to be read, with that of the next block
	pos    int        // of the next block in the data
	symbol int        // of the next symbol of this block
	pred   int32      // the DC coefficient of this block
}

// A runBlock is a block of an MCU.
type runBlock struct {
	reader *blockReader
	tiles  []tile   // of its row of blocks
	places []places // in tile.low, by the position in the tile's row
	shift  uint     // a row of a tile has 1<<shift blocks
	column int      // of the next one of these blocks in the component
	h      int      // columns from one MCU to the next
	cut    int      // blocks from this column on are not read
}

// newBlockRun makes a run of one block. Its coefficients get the places place in a tile.
func newBlockRun(reader *blockReader, place *places) *blockRun {
	return &blockRun{blocks: []runBlock{{reader: reader, places: []places{*place}, cut: math.MaxInt}}}
}

// start begins with n MCUs at pos.
func (r *blockRun) start(pos, n int) { r.at, r.pos, r.mcus = 0, pos, n }

// readOne reads the one block of a run into the first tile. It returns the position after
// the block, readInvalid or readLarge; the latter also for data that are invalid.
func (r *blockRun) readOne(buf []byte, pos int, tiles []tile) int {
	r.blocks[0].tiles = tiles
	r.start(pos, 1)
	if result := r.read(buf, pos); result < 0 {
		return result
	}
	return r.pos
}

// isDone reports whether all MCUs were read, or the next one begins beyond safe.
func (r *blockRun) isDone(safe int) bool { return r.at == 0 && (r.mcus == 0 || r.pos > safe) }

// next returns the next block, and where its coefficients go.
func (r *blockRun) next() (b *runBlock, to *coefs, place *places) {
	b = &r.blocks[r.at]
	n := b.column >> (b.shift & 63)
	return b, &b.tiles[n].low, &b.places[b.column-n<<(b.shift&63)]
}

// advance goes on to the block after the next one. It is at pos.
func (r *blockRun) advance(pos int) {
	r.pos = pos
	r.blocks[r.at].column += r.blocks[r.at].h
	if r.at++; r.at == len(r.blocks) {
		r.at = 0
		r.mcus--
	}
}

// readGo is read in Go.
func (r *blockRun) readGo(buf []byte, safe int) (result int) {
	for !r.isDone(safe) {
		b, to, place := r.next()
		if b.column >= b.cut {
			return readLarge
		}
		pred := *b.reader.pred
		pos := b.reader.readGo(buf, r.pos, to, place)
		if pos == readLarge {
			*b.reader.pred = pred
		}
		if pos < 0 {
			return pos
		}
		r.advance(pos)
	}
	return 0
}
