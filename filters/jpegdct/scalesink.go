package jpegdct

import (
	"errors"
	"sync/atomic"
)

// A strip is the source of one MCU row of the scaled picture: for each
// component of the scan its tiles.
type strip struct {
	row    int // MCU row of the scaled picture
	planes []tilePlane
}

type tilePlane struct {
	tiles  []tile
	stride int
}

// clear makes all coefficients 0.
func (s *strip) clear() {
	for _, p := range s.planes {
		clear(p.tiles)
	}
}

// scaleSink is the sink of a sequential scan: it gathers n MCU rows in a strip.
type scaleSink struct {
	*scaler
	sc     *scan
	to     *scaledScan
	strip  *strip
	blocks []scaleBlock // of one MCU
	preds  [4]int32
	// With an encoder of its own, strips go there batch by batch and come back.
	full, empty chan []*strip
	batch       []*strip
	filled      int // strips of the batch
	failed      atomic.Bool
	err         error
	encoded     chan struct{}
}

// A scaleBlock is one block of the source's MCU.
type scaleBlock struct {
	comp   int // in the scan
	dx, dy int // place in the MCU
	h, v   int
	dc     *lookup
	values *valueTable
	skip   *skipTable
	row    []tile // of the MCU row that is being read
	places *[64]places
	place  int // of the row, in places
}

// encoderPixels is from where on an encoder of its own pays.
const encoderPixels = 1 << 20

func (s *scaler) newScaleSink(sc *scan) *scaleSink {
	k := &scaleSink{scaler: s, sc: sc, to: s.beginScan(sc.comps)}
	values, skips := sc.acTables(s.r.skipIndexBits(), true)
	for i, c := range sc.comps {
		for dy := range c.v {
			for dx := range c.h {
				k.blocks = append(k.blocks, scaleBlock{
					comp: i, dx: dx, dy: dy, h: c.h, v: c.v,
					dc: c.dc.table(), values: values[i], skip: skips[i], places: &s.place,
				})
			}
		}
	}
	k.strip = k.to.newStrip()
	if s.r.hdr.Width*s.r.hdr.Height >= encoderPixels {
		k.startEncoder()
	}
	return k
}

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
					k.err = k.to.encode(s)
					k.failed.Store(k.err != nil)
				}
			}
			k.empty <- batch
		}
	}()
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

func (k *scaleSink) restart(*entropy) { k.preds = [4]int32{} }

func (k *scaleSink) mcus(e *entropy, x, y, n int) error {
	k.enterRow(y)
	mask, shift := k.n-1, uint(3)
	for 1<<shift > k.n {
		shift--
	}
	for end := x + n; x < end; x++ {
		if e.pos > e.safe {
			if err := e.more(); err != nil {
				return err
			}
		}
		buf, pos := e.buf, e.pos
		for i := range k.blocks {
			b := &k.blocks[i]
			bx := x*b.h + b.dx
			t := &b.row[bx>>(shift&7)]
			place := &b.places[(b.place+bx&mask)&63]
			w := window(buf, pos)
			symbol, length := b.dc.symbol(w)
			if length == 0 {
				return e.badCode(pos)
			}
			dc := k.preds[b.comp] + extend(w<<(length&63), int(symbol))
			k.preds[b.comp] = dc
			t[place[0]] = int16(dc)
			if pos = b.values.low(buf, pos+length+int(symbol), k.limit, b.skip, t, place); pos < 0 {
				return e.badCode(e.pos)
			}
		}
		e.pos = pos
	}
	return nil
}

// enterRow finds the tiles of an MCU row of the source.
func (k *scaleSink) enterRow(y int) {
	for i := range k.blocks {
		b := &k.blocks[i]
		by := y%k.n*b.v + b.dy
		p := &k.strip.planes[b.comp]
		b.row = p.tiles[by/k.n*p.stride:][:p.stride]
		b.place = by % k.n * k.n
	}
}

// row passes the strip on when its last row is there.
func (k *scaleSink) row(e *entropy, y int) error {
	if y%k.n < k.n-1 && y < k.sc.mcusY-1 {
		return nil
	}
	k.strip.row = y / k.n
	k.to.extendEdges(k.strip)
	if k.full == nil {
		err := k.to.encode(k.strip)
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
