package codec

import (
	"encoding/binary"
	"errors"
	"fmt"

	"imgpipe/filters/pnm"
)

// endOfPNG walks the chunks (PNG, section 5.3).
func endOfPNG(s *Splitter) error {
	if err := s.skip(int64(len(pngMagic))); err != nil {
		return err
	}
	for {
		if err := s.need(8); err != nil {
			return err
		}
		head := s.ahead()[:8]
		size, kind := binary.BigEndian.Uint32(head), string(head[4:])
		for _, letter := range []byte(kind) {
			if letter|0x20 < 'a' || letter|0x20 > 'z' || size > 1<<31-1 {
				return fmt.Errorf("the end of this PNG can't be found: %q where a chunk should begin", head)
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
func endOfGIF(s *Splitter) error {
	if err := s.need(gifHeader); err != nil {
		return err
	}
	if err := s.skip(gifHeader + int64(colourTableBytes(s.ahead()[10]))); err != nil {
		return err
	}
	for {
		block, err := s.readByte()
		if err != nil {
			return err
		}
		switch block {
		case gifTrailer:
			return nil
		case gifExtension: // a label
			err = s.skip(1)
		case gifImage: // descriptor, colour table, code size
			const descriptor = gifDescriptor - 1 // the block's first byte has been read
			if err = s.need(descriptor); err == nil {
				err = s.skip(descriptor + int64(colourTableBytes(s.ahead()[descriptor-1])) + 1)
			}
		default:
			return fmt.Errorf("the end of this GIF can't be found: unknown block 0x%02x", block)
		}
		for size := byte(1); size != 0 && err == nil; { // sub-blocks
			if size, err = s.readByte(); err == nil {
				err = s.skip(int64(size))
			}
		}
		if err != nil {
			return err
		}
	}
}

// endOfBMP believes the file header (BITMAPFILEHEADER.bfSize).
func endOfBMP(s *Splitter) error {
	const headers = 26 // bytes of the shortest headers that there are
	if err := s.need(6); err != nil {
		return err
	}
	size := binary.LittleEndian.Uint32(s.ahead()[2:])
	if size < headers {
		return fmt.Errorf("the end of this BMP can't be found: its header says that it has %d bytes", size)
	}
	return s.skip(int64(size))
}

// endOfWebP is the end of the RIFF chunk (RFC 9649, section 2.3).
func endOfWebP(s *Splitter) error {
	if err := s.need(8); err != nil {
		return err
	}
	return s.skip(8 + int64(binary.LittleEndian.Uint32(s.ahead()[4:])))
}

// endOfPNM counts what the header says: bytes, or in the plain formats numbers.
func endOfPNM(s *Splitter) error {
	h, err := pnm.ReadHeader(byteReader{s})
	if err != nil {
		return err
	}
	if h.Plain() {
		return h.SkipPlain(byteReader{s})
	}
	return s.skip(h.RasterBytes())
}

// A byteReader takes the bytes that are read for the image's.
type byteReader struct{ s *Splitter }

func (r byteReader) ReadByte() (byte, error) { return r.s.readByte() }

func endOfTIFF(*Splitter) error {
	return errors.New("where a TIFF ends can't be told, so it can't be part of a stream")
}
