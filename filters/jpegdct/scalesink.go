package jpegdct

import (
	"errors"
	"sync/atomic"
)

// scaleScan reads a sequential scan and writes what comes of it.
func (s *scaler) scaleScan(e *entropyReader, sc *scan) error {
	to := s.beginScan(sc.comps)
	values, skips := sc.acTables(s.r.skipIndexBits(), true)
	reader := func() scaleReader {
		k := scaleReader{scaler: s, sc: sc, to: to}
		for i, c := range sc.comps {
			for dy := range c.v {
				for dx := range c.h {
					k.blocks = append(k.blocks, scaleBlock{
						comp: i, dx: dx, dy: dy, h: c.h, v: c.v,
						dc: c.dc.lookupTable(), values: values[i], skip: skips[i], places: &s.place,
					})
				}
			}
		}
		return k
	}
	if rows := s.r.bandRows(sc, s.n, allowance(s.o.Allow)); rows > 0 {
		return sc.decodeBands(e, rows, func() bandSink {
			k := &scaleBand{scaleReader: reader()}
			for range rows / s.n {
				k.strips = append(k.strips, to.newStrip())
			}
			return k
		})
	}
	k := &scaleSink{scaleReader: reader()}
	k.strip = to.newStrip()
	if s.r.hdr.Width*s.r.hdr.Height >= minEncoderPixels {
		k.startEncoder()
	}
	err := sc.decode(e, k)
	if failed := k.finish(); failed != nil {
		return failed
	}
	return err
}

// A scaleReader reads MCUs into the tiles of a strip.
type scaleReader struct {
	*scaler
	sc     *scan
	to     *scaledScan
	strip  *strip
	blocks []scaleBlock // of one MCU
	preds  [4]int32
}

// A scaleBlock is one block of the source's MCU.
type scaleBlock struct {
	comp     int // in the scan
	dx, dy   int // place in the MCU
	h, v     int
	dc       *lookup
	values   *valueTable
	skip     *skipTable
	row      []tile // of the MCU row that is being read
	places   *[64]places
	rowPlace int // of the row, in places
}

func (k *scaleReader) restart(*entropyReader) { k.preds = [4]int32{} }

func (k *scaleReader) readMCUs(e *entropyReader, x, y, n int) error {
	k.beginRow(y)
	mask, shift := k.n-1, uint(3)
	for 1<<shift > k.n {
		shift--
	}
	for end := x + n; x < end; x++ {
		if e.pos > e.safe {
			if err := e.ensureMCU(); err != nil {
				return err
			}
		}
		buf, pos := e.buf, e.pos
		for i := range k.blocks {
			b := &k.blocks[i]
			bx := x*b.h + b.dx
			t := &b.row[bx>>(shift&7)]
			place := &b.places[(b.rowPlace+bx&mask)&63]
			w := window(buf, pos)
			symbol, length := b.dc.symbol(w)
			if length == 0 {
				return e.badCodeError(pos)
			}
			dc := k.preds[b.comp] + extend(w<<(length&63), int(symbol))
			k.preds[b.comp] = dc
			t[place[0]] = int16(dc)
			if pos = b.values.readLow(buf, pos+length+int(symbol), k.limit, b.skip, t, place); pos < 0 {
				return e.badCodeError(e.pos)
			}
		}
		e.pos = pos
	}
	return nil
}

// beginRow finds the tiles of an MCU row of the source.
func (k *scaleReader) beginRow(y int) {
	for i := range k.blocks {
		b := &k.blocks[i]
		by := y%k.n*b.v + b.dy
		p := &k.strip.planes[b.comp]
		b.row = p.tiles[by/k.n*p.stride:][:p.stride]
		b.rowPlace = by % k.n * k.n
	}
}

// endStrip reports whether row y is the strip's last, and ends the strip then.
func (k *scaleReader) endStrip(y int) bool {
	if y%k.n < k.n-1 && y < k.sc.mcusY-1 {
		return false
	}
	k.strip.row = y / k.n
	k.to.mirrorEdges(k.strip)
	return true
}

// scaleSink is the sink of a sequential scan: it gathers n MCU rows in a strip.
type scaleSink struct {
	scaleReader
	// With an encoder of its own, strips go there batch by batch and come back.
	full, empty chan []*strip
	batch       []*strip
	filled      int // strips of the batch
	failed      atomic.Bool
	err         error
	encoded     chan struct{}
}

// minEncoderPixels is from where on an encoder of its own pays.
const minEncoderPixels = 1 << 20

// batchStrips is how many strips are handed over at once: the encoder is the
// faster one, and its waits cost time too.
const batchStrips = 4

// startEncoder lets strips be encoded while the next are read.
func (k *scaleSink) startEncoder() {
	// There is room for all three batches: neither side waits to hand one over.
	k.full, k.empty, k.encoded = make(chan []*strip, 3), make(chan []*strip, 3), make(chan struct{})
	for range 2 {
		var batch []*strip
		for range batchStrips {
			batch = append(batch, k.to.newStrip())
		}
		k.empty <- batch
	}
	k.batch = []*strip{k.strip}
	go func() {
		defer close(k.encoded)
		for batch := range k.full {
			for _, s := range batch {
				if k.err == nil {
					k.err = k.to.encodeStrip(s)
					k.failed.Store(k.err != nil)
				}
			}
			k.empty <- batch
		}
	}()
}

// endRow passes the strip on when its last row is there.
func (k *scaleSink) endRow(e *entropyReader, y int) error {
	if !k.endStrip(y) {
		return nil
	}
	if k.full == nil {
		err := k.to.encodeStrip(k.strip)
		k.strip.clear()
		return err
	}
	if k.failed.Load() {
		return errEncoder
	}
	if k.filled++; k.filled == len(k.batch) {
		k.full <- k.batch
		k.batch, k.filled = <-k.empty, 0
	}
	k.strip = k.batch[k.filled]
	k.strip.clear()
	return nil
}

// errEncoder ends the parse; the encoder's own error is what finish gives.
var errEncoder = errors.New("jpegdct: encoder failed")

// finish waits for the encoder and gives its error.
func (k *scaleSink) finish() error {
	if k.full != nil {
		k.full <- k.batch[:k.filled]
		close(k.full)
		<-k.encoded
	}
	return k.err
}

// scaleBand is the same for MCU rows of which others are read meanwhile.
type scaleBand struct {
	scaleReader
	strips []*strip
	filled int
}

func (k *scaleBand) begin(int) {
	for _, s := range k.strips {
		s.clear()
	}
	k.preds, k.filled, k.strip = [4]int32{}, 0, k.strips[0]
}

func (k *scaleBand) endRow(_ *entropyReader, y int) error {
	if !k.endStrip(y) {
		return nil
	}
	if k.filled++; k.filled < len(k.strips) {
		k.strip = k.strips[k.filled]
	}
	return nil
}

func (k *scaleBand) write(*entropyReader) error {
	for _, s := range k.strips[:k.filled] {
		if err := k.to.encodeStrip(s); err != nil {
			return err
		}
	}
	return nil
}
