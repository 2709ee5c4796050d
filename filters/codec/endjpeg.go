package codec

import (
	"bytes"
	"encoding/binary"
)

// endOfJPEG walks the markers (T.81, annex B). It steps over segments, with the
// thumbnails in them; between segments, in entropy-coded data, it looks for the
// next marker. Where an SOI comes instead of EOI, the image was cut short, and
// another one begins.
func endOfJPEG(s *Splitter) error {
	const rst0, soi, eoi, tem = 0xd0, 0xd8, 0xd9, 0x01
	if err := s.skip(2); err != nil {
		return err
	}
	for {
		marker, err := nextMarker(s)
		if err != nil {
			return err
		}
		switch {
		case marker == eoi:
			return nil
		case marker == soi:
			s.pos -= 2
			return nil
		case marker >= rst0 && marker < soi || marker == tem:
			continue
		}
		if err := s.need(2); err != nil {
			return err
		}
		if err := s.skip(int64(binary.BigEndian.Uint16(s.ahead()))); err != nil {
			return err
		}
	}
}

// nextMarker skips the next marker and returns its code. Below C0, FF is data:
// with a stuffed zero, or in a JPEG-LS with a stuffed bit.
func nextMarker(s *Splitter) (byte, error) {
	for {
		i := bytes.IndexByte(s.ahead(), 0xff)
		if i < 0 {
			s.pos = len(s.buf)
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
		if s.pos++; marker >= 0xc0 {
			return marker, nil
		}
	}
}
