package pixel

import "encoding/binary"

// CMYKToRGB converts a pixel of inks: 0 is no ink, 255 is full ink. It uses no
// colour profile: C, M and Y each absorb their part of the light that K leaves.
func CMYKToRGB(c, m, y, k uint8) (r, g, b uint8) {
	white := 255 - uint32(k)
	absorb := func(ink uint8) uint8 { return uint8(((255-uint32(ink))*white + 127) / 255) }
	return absorb(c), absorb(m), absorb(y)
}

// CMYKRowToRGB converts a row of CMYK pixels in place to RGB with an opaque
// alpha. Depth is 8, or 16 for big-endian samples.
func CMYKRowToRGB(row []uint8, depth int) {
	if depth == 8 {
		for ; len(row) > 0; row = row[4:] {
			row[0], row[1], row[2] = CMYKToRGB(row[0], row[1], row[2], row[3])
			row[3] = 255
		}
		return
	}
	be := binary.BigEndian
	for ; len(row) > 0; row = row[8:] {
		white := 65535 - uint64(be.Uint16(row[6:]))
		for i := 0; i < 6; i += 2 {
			v := 65535 - uint64(be.Uint16(row[i:]))
			be.PutUint16(row[i:], uint16((v*white+32767)/65535))
		}
		be.PutUint16(row[6:], 65535)
	}
}
