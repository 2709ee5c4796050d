package jpegdct

import (
	"errors"
	"slices"
	"sync/atomic"
)

// scaleScan scales a scan of a sequential file.
func (s *scaler) scaleScan(e *entropyReader, sc *scan) error {
	kept := slices.DeleteFunc(slices.Clone(sc.comps), s.r.drops)
	to := s.beginScan(kept, len(sc.comps) > 1)
	values, skips := s.tables(sc, to)
	reader := func() scaleReader { return s.newScaleReader(sc, to, values, skips) }
	allow := allowance(s.o.Allow)
	// The strips of a band take no more than its data may take.
	if rows := s.r.bandRows(sc, s.n, func(data int64) error { return allow(2 * data) }); rows > 0 {
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
	strips := k.batchStrips()
	if s.r.hdr.Width*s.r.hdr.Height >= minEncoderPixels && allow(int64(1+2*strips)*s.stripBytes()) == nil {
		k.startEncoder(strips)
	}
	err := sc.decode(e, k)
	if failed := k.finish(); failed != nil {
		return failed
	}
	return err
}

// tables returns the tables for the AC coefficients of sc: those that read and those that skip.
func (s *scaler) tables(sc *scan, to *scaledScan) (values []*valueTable, skips []*skipTable) {
	weak := make([]*bounds, len(sc.comps))
	for i := range to.comps {
		weak[i] = &to.comps[i].weak
	}
	return sc.acTables(s.r.skipIndexBits(), true, weak)
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

// batchStrips returns the number of strips that are passed to the encoder at once: 2, or
// one if two have more than half a million pixels of the source. The encoder is faster than
// the reader, and its waits cost time; but so does the memory of more strips.
func (k *scaleSink) batchStrips() int {
	stripPixels := k.r.hdr.Width * 8 * k.r.frame.vmax * k.n
	return max(min(2, 1<<19/stripPixels), 1)
}

// startEncoder starts a goroutine that encodes strips while the next are read. A batch for
// it has so many strips. finish ends the goroutine.
func (k *scaleSink) startEncoder(strips int) {
	// The channels have room for all three batches, so that a send does not block.
	k.full, k.empty, k.encoded = make(chan []*strip, 3), make(chan []*strip, 3), make(chan struct{})
	for range 2 {
		var batch []*strip
		for range strips {
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
	k.restart(nil)
	k.filled, k.strip = 0, k.strips[0]
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
