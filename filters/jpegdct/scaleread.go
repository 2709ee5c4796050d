package jpegdct

import (
	"math"
	"math/bits"
)

// A scaleReader reads the MCUs of a scan into the tiles of a strip.
type scaleReader struct {
	*scaler
	sc    *scan
	to    *scaledScan
	strip *strip
	mcu   []scaleBlock
	run   blockRun // of the blocks of mcu, and of those of dropped components behind them
}

// A scaleBlock is a block of an MCU.
type scaleBlock struct {
	comp   int       // index of the component in the scan
	dx, dy int       // position in the component's part of the MCU
	v      int       // height in blocks of this part
	whole  *blockRun // reads a block whole
	row    int       // position in a tile of the first block of its row
}

// newScaleReader makes a reader of the scan sc for the scan to.
func (s *scaler) newScaleReader(sc *scan, to *scaledScan, values []*valueTable, skips []*skipTable) scaleReader {
	k := scaleReader{scaler: s, sc: sc, to: to}
	shift := uint(bits.TrailingZeros(uint(s.n)))
	for i, c := range sc.comps {
		if s.r.drops(c) {
			k.drop(newBlockReader(&c, values[i], skips[i], 0, unbounded), c.h*c.v)
			continue
		}
		bounds := newValueBounds(&to.comps[i].weak)
		reader := newBlockReader(&c, values[i], skips[i], k.limit, bounds)
		whole := newBlockRun(reader.whole(), &k.whole)
		for dy := range c.v {
			for dx := range c.h {
				k.mcu = append(k.mcu, scaleBlock{comp: i, dx: dx, dy: dy, v: c.v, whole: whole})
				k.run.blocks = append(k.run.blocks, runBlock{reader: reader, shift: shift, h: c.h})
			}
		}
	}
	return k
}

// drop adds n blocks to an MCU, of which nothing is kept.
func (k *scaleReader) drop(reader *blockReader, n int) {
	for range n {
		k.run.blocks = append(k.run.blocks, runBlock{
			reader: reader, tiles: make([]tile, 1), places: []places{junkPlaces}, cut: math.MaxInt,
		})
	}
}

func (k *scaleReader) restart(*entropyReader) {
	for i := range k.run.blocks {
		*k.run.blocks[i].reader.pred = 0
	}
}

func (k *scaleReader) readMCUs(e *entropyReader, x, y, n int) error {
	k.beginRow(x, y)
	for k.run.start(e.pos, n); k.run.mcus > 0; e.pos = k.run.pos {
		if err := e.ensureMCU(); err != nil {
			return err
		}
		result := k.run.read(e.buf, e.safe)
		for result == readLarge && k.readWhole(e.buf) {
			result = k.run.read(e.buf, e.safe)
		}
		if result < 0 {
			return e.badCodeError(k.run.pos)
		}
	}
	return nil
}

// readWhole reads the next block, and takes it whole. It returns false if the data are
// invalid. The block is none of a dropped component, since these have no bounds.
func (k *scaleReader) readWhole(buf []byte) bool {
	b, run := &k.mcu[k.run.at], &k.run.blocks[k.run.at]
	t, block := &run.tiles[run.column>>run.shift], b.row+run.column&(k.n-1)
	p := &k.strip.planes[b.comp]
	to := p.addWhole(t, block)
	pos := b.whole.readOne(buf, k.run.pos, to)
	if pos < 0 {
		return false
	}
	k.setLow(t, block, &to[0].low)
	k.run.advance(pos)
	return true
}

// beginRow finds the tiles for the MCU row y of the source, from the MCU x on.
func (k *scaleReader) beginRow(x, y int) {
	for i := range k.mcu {
		b, run := &k.mcu[i], &k.run.blocks[i]
		by := y%k.n*b.v + b.dy
		p, c := &k.strip.planes[b.comp], &k.to.comps[b.comp]
		b.row = by % k.n * k.n
		run.tiles = p.tiles[by/k.n*p.stride:][:p.stride]
		run.places = k.place[b.row:][:k.n]
		run.column = x*run.h + b.dx
		run.cut = cutColumn(c.x.whole, c.y.whole, y*b.v+b.dy)
	}
}

// endStrip reports whether MCU row y of the source is the last of the strip.
func (k *scaleReader) endStrip(y int) bool {
	if y%k.n < k.n-1 && y < k.sc.mcusY-1 {
		return false
	}
	k.strip.row = y / k.n
	return true
}
