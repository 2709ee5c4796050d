package jpegdct

import "math/bits"

// A scaleReader reads the MCUs of a scan into the tiles of a strip.
type scaleReader struct {
	*scaler
	sc    *scan
	to    *scaledScan
	strip *strip
	mcu   []scaleBlock
}

// A scaleBlock is a block of an MCU.
type scaleBlock struct {
	comp     int // index of the component in the scan
	dx, dy   int // position in the component's part of the MCU
	h, v     int // size in blocks of this part
	reader   *blockReader
	plane    *tilePlane
	row      []tile // the tiles of its row of blocks
	rowPlace int    // position in a tile of the first block of this row
	cut      int    // column of the first block of this row that has samples outside of the picture
}

// newScaleReader makes a reader of the scan sc for the scan to.
func (s *scaler) newScaleReader(sc *scan, to *scaledScan, values []*valueTable, skips []*skipTable) scaleReader {
	k := scaleReader{scaler: s, sc: sc, to: to}
	for i, c := range sc.comps {
		bounds := newValueBounds(&to.comps[i].weak, skips[i].large)
		reader := newBlockReader(&c, values[i], skips[i], k.limit, bounds)
		for dy := range c.v {
			for dx := range c.h {
				k.mcu = append(k.mcu, scaleBlock{comp: i, dx: dx, dy: dy, h: c.h, v: c.v, reader: reader})
			}
		}
	}
	return k
}

func (k *scaleReader) restart(*entropyReader) {
	for i := range k.mcu {
		k.mcu[i].reader.pred = 0
	}
}

func (k *scaleReader) readMCUs(e *entropyReader, x, y, n int) error {
	k.beginRow(y)
	mask, shift := k.n-1, uint(bits.TrailingZeros(uint(k.n)))
	for end := x + n; x < end; x++ {
		if e.pos > e.safe {
			if err := e.ensureMCU(); err != nil {
				return err
			}
		}
		buf, pos := e.buf, e.pos
		for i := range k.mcu {
			b := &k.mcu[i]
			bx := x*b.h + b.dx
			t, block := &b.row[bx>>(shift&7)], b.rowPlace+bx&mask
			start, pred := pos, b.reader.pred
			if pos = readLarge; bx < b.cut {
				pos = b.reader.read(buf, start, &t.low, &k.place[block&63])
			}
			if pos == readLarge {
				b.reader.pred = pred
				pos = k.readWhole(b, buf, start, t, block)
			}
			if pos < 0 {
				return e.badCodeError(e.pos)
			}
		}
		e.pos = pos
	}
	return nil
}

// readWhole reads a block from pos on, and takes it whole. Its result is that of
// blockReader.readWhole.
func (k *scaleReader) readWhole(b *scaleBlock, buf []byte, pos int, t *tile, block int) int {
	c := b.plane.addHigh(t, block)
	pos = b.reader.readWhole(buf, pos, c, &k.whole)
	k.setLow(t, block, c)
	return pos
}

// beginRow finds the tiles for the MCU row y of the source.
func (k *scaleReader) beginRow(y int) {
	for i := range k.mcu {
		b := &k.mcu[i]
		by := y%k.n*b.v + b.dy
		b.plane = &k.strip.planes[b.comp]
		b.row = b.plane.tiles[by/k.n*b.plane.stride:][:b.plane.stride]
		b.rowPlace = by % k.n * k.n
		c := &k.to.comps[b.comp]
		b.cut = cutColumn(c.width, c.height, y*b.v+b.dy)
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
