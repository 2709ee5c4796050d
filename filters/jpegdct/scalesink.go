package jpegdct

import (
	"errors"
	"sync/atomic"
)

// scaleScan scales a scan of a sequential file.
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

// A scaleReader reads the MCUs of a scan into the tiles of a strip.
type scaleReader struct {
	*scaler
	sc     *scan
	to     *scaledScan
	strip  *strip
	blocks []scaleBlock // of an MCU
	preds  [4]int32     // DC predictions by component of the scan
}

// A scaleBlock is a block of an MCU.
type scaleBlock struct {
	comp     int // index of the component in the scan
	dx, dy   int // position in the component's part of the MCU
	h, v     int // size in blocks of this part
	dc       *lookup
	values   *valueTable
	skip     *skipTable
	row      []tile // the tiles of its row of blocks
	places   *[64]places
	rowPlace int // index into places of the first block of its row in a tile
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

// beginRow finds the tiles for the MCU row y of the source.
func (k *scaleReader) beginRow(y int) {
	for i := range k.blocks {
		b := &k.blocks[i]
		by := y%k.n*b.v + b.dy
		p := &k.strip.planes[b.comp]
		b.row = p.tiles[by/k.n*p.stride:][:p.stride]
		b.rowPlace = by % k.n * k.n
	}
}

// endStrip reports whether MCU row y of the source is the last of the strip. If so, it
// completes the strip.
func (k *scaleReader) endStrip(y int) bool {
	if y%k.n < k.n-1 && y < k.sc.mcusY-1 {
		return false
	}
	k.strip.row = y / k.n
	k.to.mirrorEdges(k.strip)
	return true
}

// A scaleSink is the sink of a sequential scan that is not read in bands. n MCU rows
// of the source make a strip.
type scaleSink struct {
	scaleReader
	// After startEncoder, strips go to the encoder in batches, which come back empty.
	full, empty chan []*strip
	batch       []*strip
	filled      int           // number of complete strips in the batch
	failed      atomic.Bool   // err is set
	err         error         // error of the encoder
	encoded     chan struct{} // closed when the encoder has ended
}

// minEncoderPixels is the number of pixels from which on the encoder runs in a goroutine
// of its own. For smaller pictures this would be slower.
const minEncoderPixels = 1 << 20

// batchStrips is the number of strips that are passed to the encoder at once. The
// encoder is faster than the reader, and its waits cost time.
const batchStrips = 4

// startEncoder starts a goroutine that encodes strips while the next are read. finish
// ends the goroutine.
func (k *scaleSink) startEncoder() {
	// The channels have room for all three batches, so that a send does not block.
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

// endRow encodes the strip, or passes it to the encoder, when it is complete.
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

// errEncoder ends the reading of the scan. finish returns the error of the encoder.
var errEncoder = errors.New("jpegdct: encoder failed")

// finish passes the rest to the encoder, waits until its goroutine has ended, and
// returns its error.
func (k *scaleSink) finish() error {
	if k.full != nil {
		k.full <- k.batch[:k.filled]
		close(k.full)
		<-k.encoded
	}
	return k.err
}

// A scaleBand is the sink of the bands of a sequential scan.
type scaleBand struct {
	scaleReader
	strips []*strip // of a band
	filled int      // number of complete strips
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
