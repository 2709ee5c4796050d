package codec

import (
	"bytes"
	"encoding/binary"
)

// Codes of markers (T.81, table B.1).
const (
	jpegSOF0  = 0xc0
	jpegDHT   = 0xc4
	jpegJPG   = 0xc8
	jpegDAC   = 0xcc
	jpegSOF15 = 0xcf
	jpegRST0  = 0xd0
	jpegSOI   = 0xd8
	jpegEOI   = 0xd9
	jpegSOS   = 0xda
	jpegAPP0  = 0xe0
	jpegAPP15 = 0xef
	jpegCOM   = 0xfe
)

// endOfJPEG walks the markers (T.81, annex B). It steps over segments, with the
// thumbnails in them; between segments, in entropy-coded data, it looks for the
// next marker. Where an SOI comes instead of EOI, the image was cut short, and
// another one begins.
func endOfJPEG(s *Splitter) error {
	if err := s.skip(2); err != nil {
		return err
	}
	for {
		marker, err := nextMarker(s)
		if err != nil {
			return err
		}
		switch marker {
		case jpegEOI:
			return nil
		case jpegSOI:
			if s.pos <= 5 { // SOI alone, or with a fill byte
				return errNoImage
			}
			s.pos -= 2
			return nil
		}
		if err := s.need(2); err != nil {
			return err
		}
		if err := skipSegment(s, marker, int(binary.BigEndian.Uint16(s.ahead()))); err != nil {
			return err
		}
	}
}

// skipSegment skips n bytes of a segment. An application's segment may have another
// image in it, such as a thumbnail, but only if a marker follows where it ends: else
// its length is wrong, or the file is cut short there.
func skipSegment(s *Splitter, marker byte, n int) error {
	if marker != jpegCOM && (marker < jpegAPP0 || marker > jpegAPP15) {
		return s.skip(int64(n))
	}
	if err := s.need(n + 2); err != nil {
		return err
	}
	cut := bytes.HasSuffix(s.ahead()[:n], []byte("\xff\xd8")) // no thumbnail ends so
	if !cut && indexHeaderMarker(s.ahead()[n:n+2]) == 0 {
		return s.skipMetadata(n)
	}
	return s.skip(int64(n))
}

// indexHeaderMarker returns where in b the first marker stands that may follow a
// segment of a header; -1 if none does.
func indexHeaderMarker(b []byte) int {
	for i := 0; i+1 < len(b); i++ {
		if b[i] == 0xff && b[i+1] >= jpegSOF0 && b[i+1] < 0xff && (b[i+1] < jpegRST0 || b[i+1] > jpegEOI) {
			return i
		}
	}
	return -1
}

// nextMarker skips the next marker and returns its code. Below C0, FF is data:
// with a stuffed zero, or in a JPEG-LS with a stuffed bit. RSTs are skipped too.
func nextMarker(s *Splitter) (byte, error) {
	if err := s.search(s.pos - surely); err != nil {
		return 0, err
	}
	for {
		i := bytes.IndexByte(s.ahead(), 0xff)
		if i < 0 {
			s.pos = len(s.buf)
			trustScan(s)
			if err := s.fill(); err != nil {
				return 0, err
			}
			continue
		}
		s.pos += i
		if err := s.need(2); err != nil {
			return 0, err
		}
		marker := s.ahead()[1]
		if s.pos++; marker == 0xff { // a fill byte
			continue
		}
		s.pos++
		if marker >= jpegSOF0 && (marker < jpegRST0 || marker >= jpegSOI) {
			trustScan(s)
			return marker, nil
		}
	}
}

// trustScan lets the last search for other images end a little before pos. Another
// image has an FF without a stuffed zero after some hundred bytes, so that what has
// been read before belongs to the scan.
func trustScan(s *Splitter) {
	const recent = 2 << 10
	s.searched = max(s.searched, s.pos-recent)
}
