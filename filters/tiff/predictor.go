package tiff

import "encoding/binary"

// undoPrediction makes samples of differences (section 14, and Adobe's technical note
// 3 for floats), row by row, in place. Horizontal differences are in the byte order of
// the file. Floats become big-endian ones.
func undoPrediction(s *storage, data []byte, rowBytes int) {
	if s.predictor == 1 {
		return
	}
	samples := s.samples
	if s.planes {
		samples = 1
	}
	apart := make([]byte, rowBytes)
	for ; len(data) > 0; data = data[rowBytes:] {
		row := data[:rowBytes]
		switch {
		case s.predictor == predictorFloat:
			addBytes(row, samples)
			copy(apart, row)
			joinBytes(row, apart, s.bits/8)
		case s.bits == 8:
			addBytes(row, samples)
		case s.bits == 16:
			add16(row, 2*samples, s.order)
		case s.bits == 32:
			add32(row, 4*samples, s.order)
		default:
			add64(row, 8*samples, s.order)
		}
	}
}

// addBytes adds to each byte the one that is distance bytes before it.
func addBytes(row []byte, distance int) {
	switch distance {
	case 1:
		sum := byte(0)
		for i, d := range row {
			sum += d
			row[i] = sum
		}
	case 3:
		var r, g, b byte
		for ; len(row) >= 3; row = row[3:] {
			r, g, b = r+row[0], g+row[1], b+row[2]
			row[0], row[1], row[2] = r, g, b
		}
	case 4:
		var r, g, b, a byte
		for ; len(row) >= 4; row = row[4:] {
			r, g, b, a = r+row[0], g+row[1], b+row[2], a+row[3]
			row[0], row[1], row[2], row[3] = r, g, b, a
		}
	default:
		for i := distance; i < len(row); i++ {
			row[i] += row[i-distance]
		}
	}
}

// add16 is addBytes for samples of 16 bits.
func add16(row []byte, distance int, order binary.ByteOrder) {
	for i := distance; i+1 < len(row); i += 2 {
		order.PutUint16(row[i:], order.Uint16(row[i:])+order.Uint16(row[i-distance:]))
	}
}

// add32 is addBytes for samples of 32 bits.
func add32(row []byte, distance int, order binary.ByteOrder) {
	for i := distance; i+3 < len(row); i += 4 {
		order.PutUint32(row[i:], order.Uint32(row[i:])+order.Uint32(row[i-distance:]))
	}
}

// add64 is addBytes for samples of 64 bits.
func add64(row []byte, distance int, order binary.ByteOrder) {
	for i := distance; i+7 < len(row); i += 8 {
		order.PutUint64(row[i:], order.Uint64(row[i:])+order.Uint64(row[i-distance:]))
	}
}

// joinBytes joins the bytes of floats, of which apart has first the highest of all, then
// the next ones, and so on.
func joinBytes(row, apart []byte, size int) {
	n := len(row) / size
	for i := range n {
		for k := range size {
			row[i*size+k] = apart[k*n+i]
		}
	}
}
