package filters

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"imgpipe/filters/pnm"
)

// Each of these functions goes on to where the image that begins at s ends. An
// error says that its end can't be found.

// endOfJPEG walks the markers (T.81, annex B). Segments are stepped over, with
// the thumbnails in them; between segments, in entropy-coded data, the next
// marker is looked for. Where an SOI comes instead of EOI, the image was cut
// short, and another one begins.
func endOfJPEG(s *splitter) error {
	const rst0, soi, eoi, tem = 0xd0, 0xd8, 0xd9, 0x01
	if err := s.skip(2); err != nil {
		return err
	}
	for {
		marker, err := s.jpegMarker()
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
		if err := s.skip(int64(binary.BigEndian.Uint16(s.buf[s.pos:]))); err != nil {
			return err
		}
	}
}

// jpegMarker goes on to behind the next marker. Below C0, FF is data: with a
// stuffed zero, or in a JPEG-LS with a stuffed bit.
func (s *splitter) jpegMarker() (byte, error) {
	for {
		i := bytes.IndexByte(s.buf[s.pos:], 0xff)
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
		marker := s.buf[s.pos+1]
		if s.pos++; marker == 0xff { // a fill byte
			continue
		}
		if s.pos++; marker >= 0xc0 {
			return marker, nil
		}
	}
}

// endOfPNG walks the chunks (PNG, section 5.3).
func endOfPNG(s *splitter) error {
	if err := s.skip(int64(len(pngMagic))); err != nil {
		return err
	}
	for {
		if err := s.need(8); err != nil {
			return err
		}
		size, kind := binary.BigEndian.Uint32(s.buf[s.pos:]), string(s.buf[s.pos+4:s.pos+8])
		for _, letter := range []byte(kind) {
			if letter|0x20 < 'a' || letter|0x20 > 'z' || size > 1<<31-1 {
				return fmt.Errorf("the end of this PNG can't be found: %q where a chunk should begin", s.buf[s.pos:s.pos+8])
			}
		}
		if err := s.skip(8 + int64(size) + 4); err != nil {
			return err
		}
		if kind == "IEND" {
			return nil
		}
	}
}

// endOfGIF walks the blocks (GIF89a, appendix B).
func endOfGIF(s *splitter) error {
	const header, descriptor = 13, 9
	if err := s.need(header); err != nil {
		return err
	}
	if err := s.skip(header + int64(colourTableSize(s.buf[s.pos+10]))); err != nil {
		return err
	}
	for {
		block, err := s.ReadByte()
		if err != nil {
			return err
		}
		switch block {
		case 0x3b: // trailer
			return nil
		case 0x21: // extension: a label
			err = s.skip(1)
		case 0x2c: // image: descriptor, colour table, code size
			if err = s.need(descriptor); err == nil {
				err = s.skip(descriptor + int64(colourTableSize(s.buf[s.pos+8])) + 1)
			}
		default:
			return fmt.Errorf("the end of this GIF can't be found: unknown block 0x%02x", block)
		}
		for size := byte(1); size != 0 && err == nil; { // sub-blocks
			if size, err = s.ReadByte(); err == nil {
				err = s.skip(int64(size))
			}
		}
		if err != nil {
			return err
		}
	}
}

// endOfBMP believes the file header (BITMAPFILEHEADER.bfSize).
func endOfBMP(s *splitter) error {
	const headers = 26 // the shortest that there are
	if err := s.need(6); err != nil {
		return err
	}
	size := binary.LittleEndian.Uint32(s.buf[s.pos+2:])
	if size < headers {
		return fmt.Errorf("the end of this BMP can't be found: it says that it has %d bytes", size)
	}
	return s.skip(int64(size))
}

// endOfWebP is the RIFF chunk's (RFC 9649, section 2.3).
func endOfWebP(s *splitter) error {
	if err := s.need(8); err != nil {
		return err
	}
	return s.skip(8 + int64(binary.LittleEndian.Uint32(s.buf[s.pos+4:])))
}

func endOfTIFF(*splitter) error {
	return errors.New("where a TIFF ends can't be told, so it can't be part of a stream")
}

// endOfPNM counts what the header says: bytes, or in the plain formats numbers.
func endOfPNM(s *splitter) error {
	h, err := pnm.ReadHeader(s)
	if err != nil {
		return err
	}
	if h.Plain() {
		return h.SkipPlain(s)
	}
	return s.skip(h.RasterBytes())
}
