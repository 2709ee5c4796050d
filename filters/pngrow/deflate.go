package pngrow

import (
	"bytes"
	"encoding/binary"
	"io"
	"runtime"

	"github.com/klauspost/compress/flate"
)

const (
	// segmentSize is how much is deflated at a time. Each segment costs some
	// bytes to end at a whole byte, and the time to look at the window before it.
	segmentSize = 512 << 10
	// samples are looked at of each segment, of so many bytes, to choose how to
	// deflate it: from all over, but for its ends, for margins are unlike the rest.
	samples    = 8
	sampleSize = 3 << 10
	// Of the levels, 6 finds in photographs about what zlib does by default, at a
	// multiple of its speed. In drawings and text it misses a tenth of that, which
	// 7 finds; there it isn't slow.
	matchLevel  = 6
	searchLevel = 7
	// mostForSearch is what part of the samples may be left where a search pays.
	mostForSearch = 0.25
	// Single pixels are tried if more than the one part is left, and less than the
	// other: else there's little to gain, or few that are alike. They take half as
	// long again, so they must leave at most worthPixels of what was left. A small
	// picture isn't worth the time to set up their tables.
	leastForPixels, mostForPixels = 0.05, 0.5
	worthPixels                   = 0.93
	smallForPixels                = 64 << 10
)

// A deflater packs filtered rows as a zlib stream (RFC 1950), segments of it at
// the same time, each on its own but for the window before it.
type deflater struct {
	emit   func(data []byte) error // takes a piece of the stream
	filled *segment                // what is being filled
	busy   []*segment              // being deflated, in order
	free   []*segment
	most   int // segments that may be busy
	room   int // bytes of a segment
	sum    adler

	// rgb says that what is written now are pixels of three bytes, and many as
	// their neighbours.
	rgb bool
}

func newDeflater(rowBytes, rows int, emit func([]byte) error) *deflater {
	d := &deflater{emit: emit, most: runtime.GOMAXPROCS(0), room: segmentSize, sum: 1}
	if rows < segmentSize/rowBytes {
		d.room = rows * rowBytes
	}
	d.filled = &segment{data: make([]byte, 0, d.room)}
	return d
}

// write takes the next bytes. What would be the end of the stream it keeps.
func (d *deflater) write(p []byte) error {
	for len(p) > 0 {
		if len(d.filled.data) == d.room {
			if err := d.start(); err != nil {
				return err
			}
		}
		n := min(len(p), d.room-len(d.filled.data))
		d.filled.data = append(d.filled.data, p[:n]...)
		p = p[n:]
	}
	return nil
}

// start sets a goroutine to the segment that is full, and takes another.
func (d *deflater) start() error {
	full := d.filled
	full.done = make(chan struct{})
	full.rgb = d.rgb
	d.busy = append(d.busy, full)
	go func() {
		full.deflate(false)
		close(full.done)
	}()
	window := full.data[max(0, len(full.data)-windowSize):]
	if len(d.busy) == d.most {
		if err := d.finish(); err != nil {
			return err
		}
	}
	if n := len(d.free); n > 0 {
		d.filled, d.free = d.free[n-1], d.free[:n-1]
	} else {
		d.filled = &segment{data: make([]byte, 0, d.room)}
	}
	d.filled.window = append(d.filled.window[:0], window...)
	d.filled.data = d.filled.data[:0]
	return nil
}

// finish waits for the first of the busy segments and emits it.
func (d *deflater) finish() error {
	s := d.busy[0]
	<-s.done
	d.busy = append(d.busy[:0], d.busy[1:]...)
	d.free = append(d.free, s)
	return d.out(s)
}

// out emits what a segment has become.
func (d *deflater) out(s *segment) error {
	d.sum = d.sum.join(s.sum, len(s.data))
	return d.emit(s.packed.Bytes())
}

// close emits the rest of the stream.
func (d *deflater) close() error {
	for len(d.busy) > 0 {
		if err := d.finish(); err != nil {
			return err
		}
	}
	s := d.filled
	s.rgb = d.rgb
	s.deflate(true)
	trailer := binary.BigEndian.AppendUint32(nil, uint32(d.sum.join(s.sum, len(s.data))))
	s.packed.Write(trailer)
	return d.out(s)
}

// A segment is a part of the stream.
type segment struct {
	window []byte // the bytes before data
	data   []byte
	rgb    bool
	sample []byte
	packed bytes.Buffer
	sum    adler
	done   chan struct{}

	match, search, plain, pixels packer // made when needed
}

// A packer deflates: klauspost's flate.Writer, or a pixelWriter.
type packer interface {
	io.WriteCloser
	Flush() error
	Reset(w io.Writer)
	ResetDict(w io.Writer, window []byte)
}

// zlibHeader says deflate, a window of 32 KiB, a fast algorithm: RFC 1950, section 2.2.
const zlibHeader = "\x78\x5e"

// deflate packs data: up to a whole byte, or to the end of the stream.
func (s *segment) deflate(last bool) {
	s.sum = 1
	s.sum.update(s.data)
	s.packed.Reset()
	if len(s.window) == 0 {
		s.packed.WriteString(zlibHeader)
	}
	z := s.choose()
	z.Write(s.data) // into memory: there are no errors
	if last {
		z.Close()
	} else {
		z.Flush()
	}
}

// choose says how to deflate, by what becomes of samples. In filtered
// photographs there are few matches, and short ones cost more bits than the
// literals in their place, which the encoder doesn't count. Where there are
// many, it pays to search for the best, or for single pixels.
func (s *segment) choose() packer {
	n := len(s.data)
	if s.sample = s.sample[:0]; n <= samples*sampleSize {
		s.sample = append(s.sample, s.data...)
	} else {
		for i := range samples {
			from := n*(2*i+1)/(2*samples) - sampleSize/2
			s.sample = append(s.sample, s.data[from:from+sampleSize]...)
		}
	}
	matched, plain := trial(atLevel(&s.match, matchLevel), s.sample), trial(atLevel(&s.plain, flate.HuffmanOnly), s.sample)
	if plain < matched {
		s.plain.Reset(&s.packed)
		return s.plain
	}
	best, part := s.match, float64(matched)/float64(len(s.sample))
	if part < mostForSearch {
		best = atLevel(&s.search, searchLevel)
	}
	if s.rgb && part > leastForPixels && part < mostForPixels && len(s.data) >= smallForPixels {
		if s.pixels == nil {
			s.pixels = newPixelWriter()
		}
		if float64(trial(s.pixels, s.sample)) < worthPixels*float64(matched) {
			best = s.pixels
		}
	}
	best.ResetDict(&s.packed, s.window)
	return best
}

// atLevel makes klauspost's writer of a level, if there is none yet.
func atLevel(z *packer, level int) packer {
	if *z == nil {
		*z, _ = flate.NewWriter(nil, level) // the level is valid
	}
	return *z
}

// trial gives the size that a sample is deflated to.
func trial(z packer, sample []byte) int {
	var size counter
	z.Reset(&size)
	z.Write(sample)
	z.Flush()
	return int(size)
}

// A counter counts what is written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
