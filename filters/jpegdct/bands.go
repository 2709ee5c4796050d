package jpegdct

import (
	"runtime"
	"sync"
)

// A band is some MCU rows of a scan that begin and end at restart markers, where
// all predictions begin anew (T.81, E.2.4): it can be read while those before it
// still are.
type band struct {
	first, rows int
	e           *entropyReader // its data
	sink        bandSink
	done        chan error // one for each time that the band is filled
}

// A bandSink takes the MCUs of one band after the other, each of which it then
// writes, when those before it are written.
type bandSink interface {
	sink
	begin(first int)
	write(e *entropyReader) error
}

const (
	minBandPixels = minEncoderPixels // from where on bands pay
	minBandRows   = 4                // MCU rows: less isn't worth handing over
	maxBandRows   = 32
	// maxBandBytes is what the data of a band may come to: several are held.
	maxBandBytes = 32 << 20
)

// bandRows is the number of MCU rows, a multiple of unit, that all of the scan's
// bands have but the last; 0 if it isn't to be read in bands, or if allow refuses
// what their data may come to.
func (r *Reader) bandRows(sc *scan, unit int, allow func(int64) error) int {
	if sc.restart == 0 || r.hdr.Width*r.hdr.Height < minBandPixels || runtime.GOMAXPROCS(0) == 1 {
		return 0
	}
	rows := sc.restart / gcd(sc.restart, sc.mcusX) // a marker stands at the end of each so many
	rows *= unit / gcd(rows, unit)
	rows *= ceilDiv(minBandRows, rows)
	if rows > maxBandRows || rows*sc.mcusX > maxBandBytes/maxMCUBytes {
		return 0
	}
	const growing = 2 // times as much as there is
	if allow(growing*int64(bandCount(sc, rows))*int64(rows*sc.mcusX*maxMCUBytes)) != nil {
		return 0
	}
	return rows
}

func gcd(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// maxBandReaders is how many are as fast as what writes; each has a band in memory.
const maxBandReaders = 4

// bandReaders is how many bands of so many rows are read at once.
func bandReaders(sc *scan, rows int) int {
	return min(runtime.GOMAXPROCS(0), maxBandReaders, ceilDiv(sc.mcusY, rows))
}

// bandCount is how many are held: one waits to be read, and one is written.
func bandCount(sc *scan, rows int) int { return bandReaders(sc, rows) + 2 }

// decodeBands is decode for a scan in bands of so many rows: up to maxReaders are
// read at once, and one goroutine writes.
func (sc *scan) decodeBands(e *entropyReader, rows int, newSink func() bandSink) error {
	readers, n := bandReaders(sc, rows), bandCount(sc, rows)
	free, full, inOrder := make(chan *band, n), make(chan *band, n), make(chan *band, n)
	for range n {
		free <- &band{sink: newSink(), e: newEntropyReader(e.src, flushSize), done: make(chan error, 1)}
	}
	var working sync.WaitGroup
	for range readers {
		working.Go(func() {
			for b := range full {
				b.done <- sc.readBand(b)
			}
		})
	}
	var failed error // of the first band that did
	stop := make(chan struct{})
	working.Go(func() {
		for b := range inOrder {
			if err := <-b.done; failed == nil {
				if failed = err; err == nil {
					failed = b.sink.write(b.e)
				}
				if failed != nil {
					close(stop)
				}
			}
			free <- b
		}
	})
	err := sc.splitBands(e, rows, free, full, inOrder, stop)
	close(full)
	close(inOrder)
	working.Wait()
	if failed != nil {
		return failed
	}
	return err
}

// splitBands hands the bands over as they come, until the scan ends or stop is
// closed. Like decode it leaves in e what ended the scan.
func (sc *scan) splitBands(e *entropyReader, rows int, free <-chan *band, full, inOrder chan<- *band, stop <-chan struct{}) error {
	e.ended, e.rows, e.row = true, sc.mcusY, sc.mcusY-1
	for first := 0; first < sc.mcusY; first += rows {
		select {
		case <-stop:
			return nil
		case b := <-free:
			b.first, b.rows = first, min(rows, sc.mcusY-first)
			b.e.row, b.e.rows = first, sc.mcusY
			if err := b.e.readIntervals(ceilDiv(b.rows*sc.mcusX, sc.restart), sc.restart*maxMCUBytes); err != nil {
				return err
			}
			e.marker = b.e.intervals[len(b.e.intervals)-1].marker
			full <- b
			inOrder <- b
			if !isRestart(e.marker) {
				return nil // too early, if it isn't the last: the reader finds that out
			}
		}
	}
	return nil
}

func isRestart(marker byte) bool { return marker >= mRST0 && marker <= mRST7 }

// readBand decodes a band's data.
func (sc *scan) readBand(b *band) error {
	e := b.e
	e.resume()
	b.sink.begin(b.first)
	end := b.first + b.rows
	if err := sc.decodeRows(e, b.sink, b.first, end); err != nil {
		return err
	}
	if end == sc.mcusY {
		e.row = end - 1
		return e.checkEnd()
	}
	return e.nextRestart(end*sc.mcusX/sc.restart - 1)
}
