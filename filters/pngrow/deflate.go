package pngrow

import (
	"bytes"
	"encoding/binary"
	"io"
	"runtime"

	"github.com/klauspost/compress/flate"
)

const (
	// segmentSize is how many bytes one goroutine deflates at a time. Each segment
	// costs a few bytes of output, because it ends at a byte boundary, and the time
	// to hash the window before it.
	segmentSize = 512 << 10

	// To choose a compressor, a segment is sampled at sampleCount places of
	// sampleSize bytes each. The samples are spread over the segment but leave out
	// its ends: margins of a picture are unlike the rest.
	sampleCount = 8
	sampleSize  = 3 << 10

	// At level 6 klauspost's encoder finds in photographs about what zlib finds at
	// its default level, several times as fast. In drawings and text level 6 misses
	// a tenth of what level 7 finds, and level 7 is not slow there.
	standardLevel = 6
	thoroughLevel = 7

	// The thorough level is used where samples shrink below this ratio.
	maxRatioForThorough = 0.25

	// The pixelWriter is tried where samples shrink to a ratio between these two.
	// Below them there is little to gain, above them there are few equal pixels.
	// Because a pixelWriter takes half as long again, its output must be at most
	// worthwhileRatio of the standard level's. In segments smaller than
	// minSizeForPixels the time to set up its tables is not worth it.
	minRatioForPixels, maxRatioForPixels = 0.05, 0.5
	worthwhileRatio                      = 0.93
	minSizeForPixels                     = 64 << 10
)

// A deflater compresses filtered rows to a zlib stream (RFC 1950). It cuts the
// rows into segments and compresses several segments at the same time, each with
// the window before it as its dictionary.
type deflater struct {
	emit       func(data []byte) error // writes the next bytes of the stream
	current    *segment                // takes the rows that come
	pending    []*segment              // being compressed, in the order of the stream
	free       []*segment              // for reuse
	maxPending int
	capacity   int // of a segment, in bytes
	sum        adler

	// rgb says that the rows now written are 3-byte pixels, many of which equal
	// their neighbours.
	rgb bool
}

func newDeflater(rowBytes, rows int, emit func([]byte) error) *deflater {
	d := &deflater{emit: emit, maxPending: runtime.GOMAXPROCS(0), capacity: segmentSize, sum: 1}
	if rows < segmentSize/rowBytes {
		d.capacity = rows * rowBytes
	}
	d.current = &segment{data: make([]byte, 0, d.capacity)}
	return d
}

// write takes the next bytes of the rows. It holds back the last segment, so that
// the stream never ends before close.
func (d *deflater) write(p []byte) error {
	for len(p) > 0 {
		if len(d.current.data) == d.capacity {
			if err := d.startSegment(); err != nil {
				return err
			}
		}
		n := min(len(p), d.capacity-len(d.current.data))
		d.current.data = append(d.current.data, p[:n]...)
		p = p[n:]
	}
	return nil
}

// startSegment compresses the current segment in a goroutine and makes an empty
// segment the current one.
func (d *deflater) startSegment() error {
	full := d.current
	full.done = make(chan struct{})
	full.rgb = d.rgb
	d.pending = append(d.pending, full)
	go func() {
		full.deflate(false)
		close(full.done)
	}()
	window := full.data[max(0, len(full.data)-windowSize):]
	if len(d.pending) == d.maxPending {
		if err := d.emitOldest(); err != nil {
			return err
		}
	}
	if n := len(d.free); n > 0 {
		d.current, d.free = d.free[n-1], d.free[:n-1]
	} else {
		d.current = &segment{data: make([]byte, 0, d.capacity)}
	}
	d.current.window = append(d.current.window[:0], window...)
	d.current.data = d.current.data[:0]
	return nil
}

// emitOldest waits for the first pending segment and emits it.
func (d *deflater) emitOldest() error {
	s := d.pending[0]
	<-s.done
	d.pending = append(d.pending[:0], d.pending[1:]...)
	d.free = append(d.free, s)
	return d.emitSegment(s)
}

func (d *deflater) emitSegment(s *segment) error {
	d.sum = d.sum.combine(s.sum, len(s.data))
	return d.emit(s.compressed.Bytes())
}

// close emits the rest of the stream: all pending segments, the current segment
// and the checksum.
func (d *deflater) close() error {
	for len(d.pending) > 0 {
		if err := d.emitOldest(); err != nil {
			return err
		}
	}
	s := d.current
	s.rgb = d.rgb
	s.deflate(true)
	trailer := binary.BigEndian.AppendUint32(nil, uint32(d.sum.combine(s.sum, len(s.data))))
	s.compressed.Write(trailer)
	return d.emitSegment(s)
}

// A segment is a part of the rows, compressed on its own.
type segment struct {
	window     []byte // up to windowSize bytes of rows before data
	data       []byte
	rgb        bool // as deflater.rgb
	sample     []byte
	compressed bytes.Buffer
	sum        adler // of data
	done       chan struct{}

	// Made when needed, and kept for the next use of the segment.
	standard, thorough, huffmanOnly, pixels compressor
}

// A compressor writes deflate data (RFC 1951): klauspost's flate.Writer or a
// pixelWriter.
type compressor interface {
	io.WriteCloser
	Flush() error
	Reset(w io.Writer)
	ResetDict(w io.Writer, window []byte)
}

// zlibHeader says: deflate, a window of 32 KiB, a fast algorithm (RFC 1950,
// section 2.2).
const zlibHeader = "\x78\x5e"

// deflate compresses data. The output ends at a byte boundary, or, if last is
// set, with the last block of the stream.
func (s *segment) deflate(last bool) {
	s.sum = 1
	s.sum.update(s.data)
	s.compressed.Reset()
	if len(s.window) == 0 {
		s.compressed.WriteString(zlibHeader)
	}
	z := s.chooseCompressor()
	z.Write(s.data) // a bytes.Buffer returns no errors
	if last {
		z.Close()
	} else {
		z.Flush()
	}
}

// chooseCompressor returns the compressor that shrinks samples of the data best,
// ready to write to compressed.
//
// Filtered photographs have few matches, and a short match can cost more bits
// than the literals that it replaces, which the encoder does not compare: there
// Huffman codes alone do better. Where there are many matches, it pays to search
// longer for the best ones, or to search for single pixels.
func (s *segment) chooseCompressor() compressor {
	n := len(s.data)
	if s.sample = s.sample[:0]; n <= sampleCount*sampleSize {
		s.sample = append(s.sample, s.data...)
	} else {
		for i := range sampleCount {
			from := n*(2*i+1)/(2*sampleCount) - sampleSize/2
			s.sample = append(s.sample, s.data[from:from+sampleSize]...)
		}
	}
	standard := compressedSize(atLevel(&s.standard, standardLevel), s.sample)
	huffmanOnly := compressedSize(atLevel(&s.huffmanOnly, flate.HuffmanOnly), s.sample)
	if huffmanOnly < standard {
		s.huffmanOnly.Reset(&s.compressed)
		return s.huffmanOnly
	}
	best, ratio := s.standard, float64(standard)/float64(len(s.sample))
	if ratio < maxRatioForThorough {
		best = atLevel(&s.thorough, thoroughLevel)
	}
	if s.rgb && ratio > minRatioForPixels && ratio < maxRatioForPixels && len(s.data) >= minSizeForPixels {
		if s.pixels == nil {
			s.pixels = newPixelWriter()
		}
		if float64(compressedSize(s.pixels, s.sample)) < worthwhileRatio*float64(standard) {
			best = s.pixels
		}
	}
	best.ResetDict(&s.compressed, s.window)
	return best
}

// atLevel returns *z. If *z is nil, atLevel sets it to a flate.Writer of the
// given level first.
func atLevel(z *compressor, level int) compressor {
	if *z == nil {
		*z, _ = flate.NewWriter(nil, level) // the level is valid
	}
	return *z
}

// compressedSize returns how many bytes z makes of data.
func compressedSize(z compressor, data []byte) int {
	var size countingWriter
	z.Reset(&size)
	z.Write(data)
	z.Flush()
	return int(size)
}

// A countingWriter counts the bytes written to it.
type countingWriter int

func (c *countingWriter) Write(p []byte) (int, error) {
	*c += countingWriter(len(p))
	return len(p), nil
}
