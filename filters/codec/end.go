package codec

import (
	"encoding/binary"
	"errors"
	"io"

	"imgpipe/filters/gif"
	"imgpipe/filters/pnm"
)

// endOfPNG walks the chunks (PNG, section 5.3).
func endOfPNG(s *Splitter) error {
	if err := s.skip(int64(len(pngMagic))); err != nil {
		return err
	}
	for {
		if err := s.need(pngChunkHead); err != nil {
			return err
		}
		head := s.ahead()[:pngChunkHead]
		if !isPNGChunk(head) {
			return errNoEnd
		}
		size, kind := int64(binary.BigEndian.Uint32(head)), string(head[4:])
		if kind == "IEND" {
			return endOfIEND(s)
		}
		if err := skipPNGChunk(s, kind, pngChunkHead+size+4); err != nil {
			return err
		}
	}
}

// pngChunkHead is the length of a chunk's length and type.
const pngChunkHead = 8

// isPNGChunk tells whether a chunk begins with head.
func isPNGChunk(head []byte) bool {
	for _, letter := range head[4:] {
		if letter|0x20 < 'a' || letter|0x20 > 'z' {
			return false
		}
	}
	return binary.BigEndian.Uint32(head) < 1<<31
}

// skipPNGChunk skips a chunk of n bytes. An ancillary chunk may have another image
// in it, such as a thumbnail, but only if a chunk follows where it ends: else its
// length is wrong, or the file is cut short there.
func skipPNGChunk(s *Splitter, kind string, n int64) error {
	const ancillary, most = 0x20, 1 << 20
	if kind[0]&ancillary == 0 || n > most {
		return s.skip(n)
	}
	if err := s.need(int(n) + pngChunkHead); err != nil {
		return err
	}
	if next := s.ahead()[n:]; isPNGChunk(next[:pngChunkHead]) {
		return s.skipMetadata(int(n))
	}
	return s.skip(n)
}

// endOfIEND skips a file's last chunk, which is the same in every file. It skips
// only as much as is there of it: the next image may begin within.
func endOfIEND(s *Splitter) error {
	const rest = "IEND\xae\x42\x60\x82"
	if err := s.skip(4); err != nil {
		return err
	}
	for i := range len(rest) {
		if err := s.need(1); err != nil {
			return err
		}
		if s.ahead()[0] != rest[i] {
			return nil
		}
		s.pos++
	}
	return nil
}

// endOfGIF walks the blocks (GIF89a, appendix B). Some cameras write zeros between
// them.
func endOfGIF(s *Splitter) error {
	if err := s.need(gif.HeaderSize); err != nil {
		return err
	}
	if err := s.skip(gif.HeaderSize + int64(gif.TableSize(s.ahead()[10]))); err != nil {
		return err
	}
	for {
		if err := s.need(1); err != nil {
			return err
		}
		var err error
		switch s.ahead()[0] {
		case 0:
			err = s.skip(1)
			if err == nil {
				continue
			}
		case gif.BlockTrailer:
			return s.skip(1)
		case gif.BlockExtension: // with a label
			err = s.skip(2)
		case gif.BlockImage: // descriptor, colour table, code size
			if err = s.need(gif.DescriptorSize); err == nil {
				err = s.skip(gif.DescriptorSize + int64(gif.TableSize(s.ahead()[gif.DescriptorSize-1])) + 1)
			}
		default:
			return errNoEnd
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

// endOfBMP computes the end of the pixels from the header. The file's length in
// the header is often wrong; it counts only where the pixels are compressed.
func endOfBMP(s *Splitter) error {
	if err := s.need(bmpFileHeader + 4); err != nil {
		return err
	}
	info := binary.LittleEndian.Uint32(s.ahead()[bmpFileHeader:])
	if !isBMPInfo(info) {
		return errNoImage
	}
	if err := s.need(bmpFileHeader + int(info)); err != nil {
		return err
	}
	size := bmpSize(s.ahead()[:bmpFileHeader+int(info)])
	if size == 0 {
		return errNoEnd
	}
	return s.skip(size)
}

// bmpFileHeader is the length of BITMAPFILEHEADER.
const bmpFileHeader = 14

// isBMPInfo tells whether one of the versions of the info header has this length,
// from BITMAPCOREHEADER to BITMAPV5HEADER. OS/2 cuts its header off anywhere.
func isBMPInfo(size uint32) bool {
	return size == 12 || size >= 16 && size <= 64 || size == 108 || size == 124
}

// bmpSize returns the length of a file by its headers; 0 if they do not tell it.
func bmpSize(headers []byte) int64 {
	u16 := func(at int) int64 { return int64(binary.LittleEndian.Uint16(headers[at:])) }
	u32 := func(at int) int64 { return int64(binary.LittleEndian.Uint32(headers[at:])) }
	size, pixels := u32(2), u32(10)
	width, height, bits, compression := int64(0), int64(0), int64(0), int64(0)
	if len(headers) == bmpFileHeader+12 {
		width, height, bits = u16(18), u16(20), u16(24)
	} else {
		width, height, bits = int64(int32(u32(18))), int64(int32(u32(22))), u16(28)
	}
	if len(headers) >= 34 {
		compression = u32(30)
	}
	const bitFields, alphaBitFields = 3, 6
	if compression != 0 && compression != bitFields && compression != alphaBitFields {
		if size < int64(len(headers)) {
			return 0
		}
		return size
	}
	height = max(height, -height)
	stride := (width*bits + 31) / 32 * 4
	const most = 1 << 40 // more than any limit
	if width <= 0 || height <= 0 || bits > 64 || pixels < int64(len(headers)) || stride > most/height {
		return 0
	}
	size = pixels + stride*height
	if len(headers) == bmpFileHeader+124 { // with a profile behind the pixels
		if at, n := u32(126), u32(130); n > 0 {
			size = max(size, bmpFileHeader+at+n)
		}
	}
	return size
}

// endOfWebP is the end of the RIFF chunk (RFC 9649, section 2.3). The chunk with
// EXIF may have a thumbnail in it.
func endOfWebP(s *Splitter) error {
	if err := s.need(riffHeader); err != nil {
		return err
	}
	left := 8 + int64(binary.LittleEndian.Uint32(s.ahead()[4:])) - riffHeader
	if left < 0 {
		return errNoEnd
	}
	if err := s.skip(riffHeader); err != nil {
		return err
	}
	const chunkHead, most = 8, 1 << 20
	for left >= chunkHead {
		if err := s.need(chunkHead); err != nil {
			return err
		}
		kind, size := string(s.ahead()[:4]), int64(binary.LittleEndian.Uint32(s.ahead()[4:]))
		n := min(chunkHead+size+size&1, left)
		skip := s.skip
		if kind == "EXIF" && n <= most {
			if err := s.need(int(n)); err != nil {
				return err
			}
			skip = func(n int64) error { return s.skipMetadata(int(n)) }
		}
		if err := skip(n); err != nil {
			return err
		}
		left -= n
	}
	return s.skip(left)
}

// endOfPNM counts what the header says: bytes, or in the plain formats numbers.
func endOfPNM(s *Splitter) error {
	h, err := pnm.ReadHeader(byteReader{s})
	switch {
	case errors.Is(err, pnm.ErrCorrupt):
		return errNoImage
	case errors.Is(err, io.ErrUnexpectedEOF):
		return io.EOF
	case err != nil:
		return err
	case !h.Plain():
		return s.skip(h.RasterBytes())
	}
	if err := h.SkipPlain(byteReader{s}); !errors.Is(err, pnm.ErrCorrupt) {
		return err
	}
	return errNoEnd
}

// A byteReader takes the bytes that are read for the image's.
type byteReader struct{ s *Splitter }

func (r byteReader) ReadByte() (byte, error) { return r.s.readByte() }
