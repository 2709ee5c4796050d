package jpegdct

import (
	"bytes"
	"io"
)

// maxBlockBytes bounds the coded size of one block, and what a window reads more.
const maxBlockBytes = 64*4 + 16

// maxMCUBlocks is the most that an MCU has (T.81, B.2.3).
const maxMCUBlocks = 10

// maxMCUBytes bounds the coded size of one MCU: of its blocks' 64 coefficients with
// codes of up to 16 bits and values of up to 16, and what a window reads more.
const maxMCUBytes = maxMCUBlocks*64*4 + 16

// An entropyReader is the entropy-coded data of one scan with its stuffing undone
// (T.81, F.1.2.3), so that a position in it is a plain count of bits. What has
// been read of the current MCU row stays; startRow drops what is before it.
// Beyond the end of a restart interval lie zeros that any MCU can safely be
// read from; more finds out.
type entropyReader struct {
	src          *source
	buf          []byte
	n            int        // buf[:n] is data
	pos          int        // next bit
	safe         int        // up to here an MCU can be read without asking for more
	ended        bool       // the restart interval ends at n
	intervals    []interval // what take took
	nextInterval int        // of taken, which resume begins with
	pinned       bool       // what was read stays where it is
	marker       byte       // what ended it; 0: the input's end
	row          int        // MCU row, for errors
	rows         int
}

// An interval is a restart interval in a buffer, from the end of the one before.
type interval struct {
	end    int
	marker byte
}

func newEntropyReader(src *source, size int) *entropyReader {
	e := &entropyReader{src: src, buf: make([]byte, size+2*maxMCUBytes)}
	e.resume()
	return e
}

// resume begins with what follows the current interval's end.
func (e *entropyReader) resume() {
	e.pos, e.ended, e.marker = e.n*8, false, 0
	e.safe = (e.n - maxMCUBytes) * 8
	if e.nextInterval < len(e.intervals) {
		e.n, e.marker, e.ended = e.intervals[e.nextInterval].end, e.intervals[e.nextInterval].marker, true
		e.safe = e.n * 8
		e.nextInterval++
	}
}

// startRow drops the data before pos.
func (e *entropyReader) startRow() {
	done := e.pos >> 3
	if e.pinned || done < e.n/2 || done == 0 {
		return
	}
	e.n = copy(e.buf, e.buf[done:e.n])
	if e.ended {
		clear(e.buf[e.n : e.n+maxMCUBytes])
	}
	e.pos -= done * 8
	e.safe -= done * 8
}

// ensureMCU makes it safe to read another MCU at pos, or says that the data ended
// before it.
func (e *entropyReader) ensureMCU() error {
	for e.pos > e.safe {
		if e.ended {
			return e.endError()
		}
		if err := e.fill(); err != nil {
			return err
		}
	}
	return nil
}

// fill takes one chunk more from the source.
func (e *entropyReader) fill() error {
	s := e.src
	if s.i == len(s.buf) && !s.fill() {
		return e.endInterval(0)
	}
	for {
		raw := s.buf[s.i:]
		j := bytes.IndexByte(raw, 0xFF)
		if j < 0 {
			e.add(raw)
			s.i = len(s.buf)
			break
		}
		e.add(raw[:j])
		s.i += j
		if len(s.buf)-s.i < 2 {
			if !s.fill() {
				s.i = len(s.buf)
				return e.endInterval(0)
			}
			continue
		}
		switch b := s.buf[s.i+1]; b {
		case 0:
			e.add(raw[j : j+1])
			s.i += 2
		case 0xFF:
			s.i++
		default:
			s.i += 2
			return e.endInterval(b)
		}
	}
	e.safe = (e.n - maxMCUBytes) * 8
	return nil
}

// add appends data, with room for an MCU's zeros after it.
func (e *entropyReader) add(data []byte) {
	if e.n+len(data)+maxMCUBytes > len(e.buf) {
		grown := make([]byte, 2*len(e.buf)+len(data))
		copy(grown, e.buf[:e.n])
		e.buf = grown
	}
	e.n += copy(e.buf[e.n:], data)
}

// endInterval closes the interval at n.
func (e *entropyReader) endInterval(marker byte) error {
	if marker == 0 && e.src.err != nil && e.src.err != io.EOF {
		return e.src.err
	}
	clear(e.buf[e.n : e.n+maxMCUBytes])
	e.ended, e.marker, e.safe = true, marker, e.n*8
	return nil
}

// maxSurplus is how far finish counts bytes that are too many: they may have no
// end.
const maxSurplus = 1 << 20

// checkEnd checks that the interval ends where its last MCU did.
func (e *entropyReader) checkEnd() error {
	used := (e.pos + 7) / 8
	for !e.ended {
		if e.n-used > maxSurplus {
			return corrupt("more than %d bytes too many in MCU row %d of %d", maxSurplus, e.row+1, e.rows)
		}
		if err := e.fill(); err != nil {
			return err
		}
	}
	if used > e.n {
		return e.endError()
	}
	if used < e.n {
		return corrupt("%d bytes too many in MCU row %d of %d", e.n-used, e.row+1, e.rows)
	}
	return nil
}

// nextRestart passes the n-th restart marker (T.81, F.2.1.3.1).
func (e *entropyReader) nextRestart(n int) error {
	if err := e.checkEnd(); err != nil {
		return err
	}
	want := mRST0 + byte(n&7)
	switch {
	case e.marker == 0 || e.marker == mEOI:
		return e.endError()
	case e.marker != want:
		return corrupt("marker FF%02X instead of FF%02X in MCU row %d of %d", e.marker, want, e.row+1, e.rows)
	}
	e.resume()
	return nil
}

// readIntervals forgets all data and takes the next n restart intervals from the source, or
// less if another marker or the input's end comes first. They stay in the buffer
// until the next take, and resume begins with the first of them. None may be
// longer than most bytes: what has no end must not fill the memory.
func (e *entropyReader) readIntervals(n, most int) error {
	e.n, e.intervals = 0, e.intervals[:0]
	for ; n > 0; n-- {
		start := e.n
		for e.ended = false; !e.ended; {
			if e.n-start > most {
				return corrupt("no marker within %d bytes in MCU row %d of %d", most, e.row+1, e.rows)
			}
			if err := e.fill(); err != nil {
				return err
			}
		}
		e.intervals = append(e.intervals, interval{e.n, e.marker})
		if !isRestart(e.marker) {
			break
		}
	}
	e.n, e.nextInterval, e.pinned = 0, 0, true
	return nil
}

// endError says why there is no data at pos.
func (e *entropyReader) endError() error {
	if e.marker == 0 || e.marker == mEOI {
		return truncated("entropy-coded data ends in MCU row %d of %d", e.row+1, e.rows)
	}
	return corrupt("marker FF%02X in MCU row %d of %d", e.marker, e.row+1, e.rows)
}

// badCodeError says why no symbol can be read at pos: past the end it is the end
// that is to blame.
func (e *entropyReader) badCodeError(pos int) error {
	if e.ended && pos+16 > e.n*8 {
		return e.endError()
	}
	return corrupt("entropy-coded data makes no sense in MCU row %d of %d", e.row+1, e.rows)
}

// dcRangeError says that a DC difference is none of 8-bit samples.
func (e *entropyReader) dcRangeError(diff int32) error {
	return corrupt("DC difference of %d in MCU row %d of %d", diff, e.row+1, e.rows)
}
