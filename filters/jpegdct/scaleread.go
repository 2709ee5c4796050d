package jpegdct

import "math/bits"

// A scaleReader reads the MCUs of a scan into the tiles of a strip.
type scaleReader struct {
	*scaler
	sc    *scan
	to    *scaledScan
	strip *strip
	mcu   []scaleBlock
	block coefs // the block that is read, column by column
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
		var weak *bounds
		if s.strong != nil {
			weak = &to.comps[i].weak
		}
		reader := newBlockReader(&c, values[i], skips[i], k.limit, &k.whole, weak)
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
			start, strong := pos, true
			if bx < b.cut {
				pos, strong = b.reader.read(buf, start, &k.block)
			} else {
				pos = b.reader.readWhole(buf, start, &k.block)
			}
			if pos < 0 {
				return e.badCodeError(start)
			}
			k.setLow(t, block, &k.block)
			if strong {
				b.plane.addHigh(t, block, &k.block)
			}
		}
		e.pos = pos
	}
	return nil
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
