package jpegdct

import (
	"runtime"
	"sync"
)

// A band is some MCU rows of a scan that begin and end at restart markers. DC
// predictions are reset there (T.81, E.2.4), so bands can be decoded in parallel.
type band struct {
	first, rows int            // first MCU row, and their number
	e           *entropyReader // its data
	sink        bandSink
	done        chan error // the result of readBand, each time that the band is used
}

// A bandSink reads a band and then writes the result. It is used for one band after
// the other. Calls of write come in the order of the bands.
type bandSink interface {
	sink
	begin(first int) // begins the band whose first MCU row is first
	write(e *entropyReader) error
}

const (
	minBandPixels = minEncoderPixels // bands make smaller pictures slower
	minBandRows   = 4                // in MCU rows; smaller bands cost more than they gain
	maxBandRows   = 32               // in MCU rows
	maxBandBytes  = 32 << 20         // limit on the coded data of a band

	// Most pictures have fewer coded bytes a block. A buffer of this size seldom grows, and
	// the part of it that no data come to takes no memory.
	usualBlockBytes = 32
)

// bandRows returns the number of MCU rows of a band, a multiple of unit; the last
// band may have fewer. It returns 0 if the scan is not suited to bands, or if allow
// refuses the memory for their data.
func (r *Reader) bandRows(sc *scan, unit int, allow func(int64) error) int {
	if sc.restart == 0 || r.hdr.Width*r.hdr.Height < minBandPixels || runtime.GOMAXPROCS(0) == 1 {
		return 0
	}
	rows := sc.restart / gcd(sc.restart, sc.mcusX) // so many rows end at a restart marker
	rows *= unit / gcd(rows, unit)
	rows *= ceilDiv(minBandRows, rows)
	if rows > maxBandRows || rows*sc.mcusX > maxBandBytes/maxMCUBytes {
		return 0
	}
	const growing = 2 // a buffer grows twofold
	if allow(growing*int64(bandCount(sc, rows))*int64(rows*sc.mcusX*maxMCUBytes)) != nil {
		return 0
	}
	return rows
}

// gcd returns the greatest common divisor.
func gcd(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// maxBandReaders is the largest number of goroutines that read bands. More are not
// faster, because one goroutine writes.
const maxBandReaders = 4

// bandReaders returns the number of bands of so many rows that are read in parallel.
func bandReaders(sc *scan, rows int) int {
	return min(runtime.GOMAXPROCS(0), maxBandReaders, ceilDiv(sc.mcusY, rows))
}

// bandCount returns the number of bands in memory: those that are read, and one that
// waits or is written.
func bandCount(sc *scan, rows int) int { return bandReaders(sc, rows) + 1 }

// decodeBands is decode for a scan in bands of so many rows. bandReaders goroutines
// read bands into sinks made by newSink, and one goroutine writes them in order. All
// have ended when decodeBands returns.
func (sc *scan) decodeBands(e *entropyReader, rows int, newSink func() bandSink) error {
	readers, n := bandReaders(sc, rows), bandCount(sc, rows)
	free, full, inOrder := make(chan *band, n), make(chan *band, n), make(chan *band, n)
	size := ceilDiv(sc.blocks()*rows, sc.mcusY) * usualBlockBytes
	for range n {
		free <- &band{sink: newSink(), e: newEntropyReader(e.src, size), done: make(chan error, 1)}
	}
	var working sync.WaitGroup
	for range readers {
		working.Go(func() {
			for b := range full {
				b.done <- sc.readBand(b)
			}
		})
	}
	var failed error // of the first band that failed
	stop := make(chan struct{})
	working.Go(func() {
		for b := range inOrder {
			if err := <-b.done; failed == nil {
				if failed = err; err == nil {
					failed = b.sink.write(b.e)
				}
				if b.e.breach != nil {
					e.note(b.e.breach)
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
	if err != nil {
		return err
	}
	return e.endScan()
}

// splitBands fills free bands with data and sends them to full and inOrder, until the
// scan ends or stop is closed. As decode does, it leaves the marker after the scan in
// e.marker.
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
				return nil // if this is not the last band, readBand returns the error
			}
		}
	}
	return nil
}

// readBand decodes the data of a band into its sink.
func (sc *scan) readBand(b *band) error {
	e := b.e
	e.breach = nil
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
