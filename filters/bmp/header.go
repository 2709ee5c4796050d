package bmp

import (
	"encoding/binary"
	"math/bits"
)

// The sizes of headers in bytes. A header of OS/2 2 may end after any of its fields.
const (
	fileHeader    = 14  // BITMAPFILEHEADER
	os2Header     = 12  // of OS/2 1
	os2v2Shortest = 16  // of OS/2 2
	infoHeader    = 40  // BITMAPINFOHEADER
	masksHeader   = 52  // with three masks
	os2v2Header   = 64  // of OS/2 2, whole
	v4Header      = 108 // BITMAPV4HEADER
	v5Header      = 124 // BITMAPV5HEADER
)

// The values of biCompression. OS/2 2 has other meanings for 3 and 4.
const (
	compressionRGB            = 0
	compressionRLE8           = 1
	compressionRLE4           = 2
	compressionBitFields      = 3 // OS/2: Huffman codes
	compressionJPEG           = 4 // OS/2: runs of 24 bits
	compressionPNG            = 5
	compressionAlphaBitFields = 6
	embeddedProfile           = 0x4d424544 // bV5CSType: 'MBED'
)

// An infoFields is an information header. A field that the header is too short for
// is 0.
type infoFields []byte

func (f infoFields) uint16(at int) int {
	if at+2 > len(f) {
		return 0
	}
	return int(binary.LittleEndian.Uint16(f[at:]))
}

func (f infoFields) uint32(at int) uint32 {
	if at+4 > len(f) {
		return 0
	}
	return binary.LittleEndian.Uint32(f[at:])
}

// readHeaders reads all that precedes the pixels, and finds the pixels.
func (r *Reader) readHeaders(data []byte) error {
	if string(data[:min(len(data), 2)]) != "BM"[:min(len(data), 2)] {
		return corrupt("no BMP signature")
	}
	if len(data) < fileHeader+4 {
		return truncated("ends in the headers")
	}
	size := binary.LittleEndian.Uint32(data[fileHeader:])
	if size != os2Header && size < os2v2Shortest {
		return corrupt("invalid length %d of the information header", size)
	}
	if int64(size) > int64(len(data)-fileHeader) {
		return truncated("ends in the headers")
	}
	info := infoFields(data[fileHeader:][:size])
	if err := r.readSize(info); err != nil {
		return err
	}
	after, err := r.readCompression(info, data[fileHeader+size:])
	if err != nil {
		return err
	}
	at, err := r.readPalette(info, data, len(data)-len(after))
	if err != nil {
		return err
	}
	r.pixels = data[at:]
	r.readProfile(info, data[fileHeader:])
	return nil
}

// readSize reads width, height, bits per pixel and resolution.
func (r *Reader) readSize(info infoFields) error {
	h := &r.header
	planes := 0
	if len(info) == os2Header {
		h.Width, h.Height, planes, h.Bits = info.uint16(4), info.uint16(6), info.uint16(8), info.uint16(10)
	} else {
		h.Width, h.Height = int(int32(info.uint32(4))), int(int32(info.uint32(8)))
		planes, h.Bits = info.uint16(12), info.uint16(14)
		h.XPixelsPerMetre, h.YPixelsPerMetre = max(0, int(int32(info.uint32(24)))), max(0, int(int32(info.uint32(28))))
	}
	if h.Height < 0 {
		h.Height, r.topDown = -h.Height, true
	}
	const maxSide = 1<<31 - 1
	if h.Width < 1 || h.Height < 1 || h.Height > maxSide {
		return corrupt("invalid image size %dx%d", h.Width, h.Height)
	}
	if planes != 1 {
		return r.options.Tolerate.Handle(corrupt("%d planes, expected 1", planes))
	}
	return nil
}

// readCompression reads how pixels are stored, which includes the masks of bit
// fields. It returns the bytes after them.
func (r *Reader) readCompression(info infoFields, after []byte) ([]byte, error) {
	os2 := len(info) < infoHeader || len(info) == os2v2Header
	depth, compression := r.header.Bits, info.uint32(16)
	switch {
	case len(info) == os2Header:
		compression = compressionRGB
	case os2 && compression == compressionBitFields:
		return nil, unsupported("Huffman codes of OS/2")
	case os2 && compression == compressionJPEG:
		return nil, unsupported("runs of 24 bits of OS/2")
	case compression == compressionJPEG:
		return nil, unsupported("a JPEG inside")
	case compression == compressionPNG:
		return nil, unsupported("a PNG inside")
	}
	switch depth {
	case 1, 2, 4, 8, 16, 24, 32:
	default:
		return nil, unsupported("%d bits a pixel", depth)
	}
	if depth == 16 || depth == 32 {
		r.fields = defaultFields(depth)
	}
	switch {
	case compression == compressionRGB:
	case compression == compressionRLE8 && depth == 8, compression == compressionRLE4 && depth == 4:
		r.runs = true
		if r.topDown {
			return after, r.options.Tolerate.Handle(corrupt("runs in rows from top to bottom"))
		}
	case (compression == compressionBitFields || compression == compressionAlphaBitFields) && (depth == 16 || depth == 32):
		return r.readMasks(info, compression, after)
	case compression == compressionBitFields && depth == 24:
		// Other decoders ignore the masks.
		return after, r.options.Tolerate.Handle(corrupt("bit fields with 24 bits a pixel"))
	default:
		return nil, unsupported("compression %d with %d bits a pixel", compression, depth)
	}
	return after, nil
}

// readMasks reads the masks of bit fields. They stand in the header or, if it has
// only BITMAPINFOHEADER's fields, behind it.
func (r *Reader) readMasks(info infoFields, compression uint32, after []byte) ([]byte, error) {
	count := 3
	if compression == compressionAlphaBitFields {
		count = 4
	}
	masks := info[min(infoHeader, len(info)):]
	if len(info) < masksHeader {
		if len(after) < 4*count {
			return nil, truncated("ends in the masks")
		}
		masks, after = infoFields(after[:4*count]), after[4*count:]
	}
	var all uint32
	var fields [4]field
	for i := range fields {
		mask := uint32(uint64(masks.uint32(4*i)) & (1<<r.header.Bits - 1))
		if mask>>bits.TrailingZeros32(mask)&(mask>>bits.TrailingZeros32(mask)+1) != 0 {
			return nil, corrupt("mask %#08x has a gap", mask)
		}
		fields[i] = newField(mask)
		all |= mask
	}
	if all == 0 {
		return after, r.options.Tolerate.Handle(corrupt("masks of no bits"))
	}
	r.fields = fields
	r.header.Alpha = fields[3].mask != 0
	return after, nil
}

// readPalette reads the palette, which begins at byte begin of the file. It returns
// where the pixels begin.
func (r *Reader) readPalette(info infoFields, data []byte, begin int) (pixels int, err error) {
	entry := 4 // bytes of a colour: blue, green, red, zero
	if len(info) == os2Header {
		entry = 3
	}
	most := 0
	if r.header.Bits <= 8 {
		most = 1 << r.header.Bits
	}
	count := int64(info.uint32(32))
	if count == 0 {
		count = int64(most)
	}
	end := int64(begin) + count*int64(entry)
	offset := int64(binary.LittleEndian.Uint32(data[10:]))
	if offset < int64(begin) {
		if err := r.options.Tolerate.Handle(corrupt("pixels at byte %d, inside the headers", offset)); err != nil {
			return 0, err
		}
		offset = end
	}
	if offset > int64(len(data)) {
		return 0, truncated("ends before the pixels")
	}
	if count > int64(most) && most > 0 {
		if err := r.options.Tolerate.Handle(corrupt("palette of %d colours with %d bits", count, r.header.Bits)); err != nil {
			return 0, err
		}
		count = int64(most)
	}
	if room := (offset - int64(begin)) / int64(entry); count > room && most > 0 {
		if len(info) != os2Header { // there only the room says how many colours there are
			if err := r.options.Tolerate.Handle(corrupt("palette of %d colours with room for %d", count, room)); err != nil {
				return 0, err
			}
		}
		count = room
	}
	if most > 0 {
		r.header.Palette = make([][3]uint8, count)
		for i := range r.header.Palette {
			c := data[begin+i*entry:]
			r.header.Palette[i] = [3]uint8{c[2], c[1], c[0]}
		}
	}
	return int(offset), nil
}

// readProfile reads the profile that a BITMAPV5HEADER embeds. Its offset counts from
// the header.
func (r *Reader) readProfile(info infoFields, data []byte) {
	at, n := int64(info.uint32(112)), int64(info.uint32(116))
	if info.uint32(56) == embeddedProfile && at > 0 && n > 0 && at+n <= int64(len(data)) {
		r.header.Profile = data[at:][:n]
	}
}
