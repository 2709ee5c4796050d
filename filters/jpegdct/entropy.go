package jpegdct

import (
	"bytes"
	"io"
)

// maxBlockBytes limits the coded size of a block: 64 coefficients with codes of up
// to 16 bits and values of up to 16 bits, and 16 bytes that a window may read ahead.
const maxBlockBytes = 64*4 + 16

// maxMCUBlocks is the largest number of blocks in an MCU (T.81, B.2.3).
const maxMCUBlocks = 10

// maxMCUBytes limits the coded size of an MCU, as maxBlockBytes that of a block.
const maxMCUBytes = maxMCUBlocks*64*4 + 16

// An entropyReader reads the entropy-coded data of a scan into a buffer, without
// byte stuffing (T.81, F.1.2.3) and markers, so that a position is a count of bits.
// Sinks decode directly from buf at pos, which they advance.
//
// All data of the current MCU row stay in the buffer; startRow drops older data.
// After the end of a restart interval, the buffer has maxMCUBytes zeros, so that an
// MCU can be decoded there without a check in every step. ensureMCU, checkEnd or endScan
// then detects that pos is beyond the end.
type entropyReader struct {
	src          *source
	buf          []byte
	n            int        // buf[:n] is data
	pos          int        // position of the next bit
	safe         int        // up to this position, a whole MCU can be read from the buffer
	ended        bool       // the restart interval ends at n
	intervals    []interval // restart intervals in the buffer, from readIntervals
	nextInterval int        // index of the interval that resume begins
	pinned       bool       // startRow must not move the data
	marker       byte       // the marker after the interval; 0: end of the input
	row, rows    int        // current MCU row and their number, for errors
	breach       error      // the first breach of the standard beside the coefficients; nil: none
}

// An interval is a restart interval in the buffer. It begins at the end of the
// interval before.
type interval struct {
	end    int  // index into the buffer
	marker byte // the marker after it; 0: end of the input
}

// newEntropyReader makes a reader whose buffer has room for size bytes and two MCUs.
func newEntropyReader(src *source, size int) *entropyReader {
	e := &entropyReader{src: src, buf: make([]byte, size+2*maxMCUBytes)}
	e.resume()
	return e
}

// resume begins the restart interval after the current one.
func (e *entropyReader) resume() {
	e.pos, e.ended, e.marker = e.n*8, false, 0
	e.safe = (e.n - maxMCUBytes) * 8
	if e.nextInterval < len(e.intervals) {
		e.n, e.marker, e.ended = e.intervals[e.nextInterval].end, e.intervals[e.nextInterval].marker, true
		e.safe = e.n * 8
		e.nextInterval++
	}
}

// startRow begins an MCU row: it may drop the data before pos, and move the rest to
// the beginning of the buffer.
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

// ensureMCU reads until a whole MCU at pos is in the buffer. If the data ended
// before pos, it returns an error.
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

// minFill is the number of bytes for which fill lets the buffer grow.
const minFill = 4 << 10

// fill appends the data that the source has in its buffer, as far as there is room or at
// least minFill bytes; or if it has none, reads more. At a marker or the end of the input it
// ends the interval.
func (e *entropyReader) fill() error {
	s := e.src
	if s.i == len(s.buf) && !s.fill() {
		return e.endInterval(0)
	}
	room := len(e.buf) - maxMCUBytes - e.n
	for end := e.n + max(room, minFill); e.n < end; {
		raw := s.buf[s.i:min(s.i+end-e.n, len(s.buf))]
		j := bytes.IndexByte(raw, 0xFF)
		if j < 0 {
			e.add(raw)
			s.i += len(raw)
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

// add appends data and makes sure that maxMCUBytes zeros fit after it.
func (e *entropyReader) add(data []byte) {
	if e.n+len(data)+maxMCUBytes > len(e.buf) {
		grown := make([]byte, 2*len(e.buf)+len(data))
		copy(grown, e.buf[:e.n])
		e.buf = grown
	}
	e.n += copy(e.buf[e.n:], data)
}

// endInterval ends the restart interval at n. marker is the marker after it, or 0
// at the end of the input.
func (e *entropyReader) endInterval(marker byte) error {
	if marker == 0 && e.src.err != nil && e.src.err != io.EOF {
		return e.src.err
	}
	clear(e.buf[e.n : e.n+maxMCUBytes])
	e.ended, e.marker, e.safe = true, marker, e.n*8
	return nil
}

// maxSurplus is the number of extra bytes after which checkEnd stops reading, and
// maxTail that for endScan: the data may be endless.
const (
	maxSurplus = 1 << 20
	maxTail    = 8 << 20
)

// note keeps a breach of the standard, if it is the first.
func (e *entropyReader) note(breach error) {
	if e.breach == nil {
		e.breach = breach
	}
}

// checkEnd reads to the end of the restart interval and checks that the last MCU ends
// before it. Bytes between the two are a breach.
func (e *entropyReader) checkEnd() error {
	used := (e.pos + 7) / 8
	for !e.ended {
		if e.n-used > maxSurplus {
			return e.tooMany(maxSurplus)
		}
		if err := e.fill(); err != nil {
			return err
		}
	}
	switch {
	case used > e.n:
		return e.endError()
	case used < e.n:
		e.note(corrupt("%d extra bytes in MCU row %d of %d", e.n-used, e.row+1, e.rows))
	}
	return nil
}

// endScan checks that the last MCU of the scan ends before the data do, and skips to
// the marker after the scan. What it skips is a breach: extra bytes, a last restart
// marker, and MCU rows beyond the height.
func (e *entropyReader) endScan() error {
	used := (e.pos + 7) / 8
	if e.ended && used > e.n {
		return e.endError()
	}
	extra, restarts := e.n-used, 0
	for !e.ended || isRestart(e.marker) {
		if extra > maxTail {
			return e.tooMany(maxTail)
		}
		if e.ended {
			restarts++
			e.resume()
		}
		e.n = 0
		if err := e.fill(); err != nil {
			return err
		}
		extra += e.n
	}
	switch {
	case restarts > 0:
		e.note(corrupt("%d restart markers and %d extra bytes after the last MCU", restarts, extra))
	case extra > 0:
		e.note(corrupt("%d extra bytes in MCU row %d of %d", extra, e.row+1, e.rows))
	}
	return nil
}

// tooMany returns the error for more than limit extra bytes.
func (e *entropyReader) tooMany(limit int) error {
	return corrupt("more than %d extra bytes in MCU row %d of %d", limit, e.row+1, e.rows)
}

// nextRestart checks that the interval ends with the n-th restart marker of the
// scan, RSTm with m = n mod 8, and begins the next interval (T.81, F.2.1.3.1).
func (e *entropyReader) nextRestart(n int) error {
	if err := e.checkEnd(); err != nil {
		return err
	}
	if e.marker == 0 || e.marker == mEOI {
		return e.endError()
	}
	if want := mRST0 + byte(n&7); e.marker != want {
		wrong := corrupt("marker FF%02X instead of FF%02X in MCU row %d of %d", e.marker, want, e.row+1, e.rows)
		if !misnumbered(e.marker, want) {
			return wrong
		}
		e.note(wrong)
	}
	e.resume()
	return nil
}

// misnumbered reports whether a marker can stand for the restart marker want: it is a
// restart marker whose number is neither one of the two before nor one of the two
// after. Those mean that data came twice or are missing (jpeg_resync_to_restart in
// libjpeg's jdmarker.c).
func misnumbered(marker, want byte) bool {
	distance := (marker - want) & 7
	return isRestart(marker) && distance >= 3 && distance <= 5
}

// readIntervals drops all data and reads the next n restart intervals from the
// source, or fewer if another marker or the end of the input comes first. They stay
// in the buffer until the next call, and resume begins the first of them. An interval
// of more than maxBytes is an error, so that endless data cannot fill the memory.
func (e *entropyReader) readIntervals(n, maxBytes int) error {
	e.n, e.intervals = 0, e.intervals[:0]
	for ; n > 0; n-- {
		start := e.n
		for e.ended = false; !e.ended; {
			if e.n-start > maxBytes {
				return corrupt("no marker within %d bytes in MCU row %d of %d", maxBytes, e.row+1, e.rows)
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

// endError returns the error for data that end too early: the input is truncated, or
// there is an unexpected marker.
func (e *entropyReader) endError() error {
	if e.marker == 0 || e.marker == mEOI {
		return truncated("entropy-coded data ends in MCU row %d of %d", e.row+1, e.rows)
	}
	return corrupt("marker FF%02X in MCU row %d of %d", e.marker, e.row+1, e.rows)
}

// badCodeError returns the error for data at pos that cannot be decoded. If they are
// beyond the end of the data, that is the error.
func (e *entropyReader) badCodeError(pos int) error {
	if e.ended && pos+16 > e.n*8 {
		return e.endError()
	}
	return corrupt("invalid entropy-coded data in MCU row %d of %d", e.row+1, e.rows)
}

// dcRangeError returns the error for a DC difference that the table of the output has no
// code for: of more than 11 bits, which 8-bit samples do not need (T.81, table F.1),
// if the source's table has none for these either.
func (e *entropyReader) dcRangeError(diff int32) error {
	return corrupt("DC difference %d is out of range in MCU row %d of %d", diff, e.row+1, e.rows)
}
