package jpegdct

// tables are what DQT, DHT and DRI segments set, as they stand at some point
// of the file.
type tables struct {
	quant   [4]*QuantTable
	dc, ac  [4]*huffman
	restart int
}

// segment takes in one segment of tables; those that say nothing about the
// coefficients are skipped.
func (t *tables) segment(marker byte, p []byte) error {
	switch {
	case marker == mDQT:
		return t.defineQuant(p)
	case marker == mDHT:
		return t.defineHuffman(p)
	case marker == mDRI:
		if len(p) != 2 {
			return corrupt("DRI segment of %d bytes", len(p))
		}
		t.restart = int(be16(p))
	case marker >= APP0 && marker <= 0xEF, marker == COM, marker == mDAC, marker == mEXP, marker >= mJPG:
		// JPGn, reserved and foreign segments carry nothing that is needed.
	default:
		return corrupt("marker FF%02X where a segment should be", marker)
	}
	return nil
}

// defineQuant parses DQT (T.81, B.2.4.1).
func (t *tables) defineQuant(p []byte) error {
	for len(p) > 0 {
		precision, slot := p[0]>>4, p[0]&15
		if precision > 1 || slot > 3 {
			return corrupt("quantisation table %d of precision %d", slot, precision)
		}
		size := 64 << precision
		if len(p) < 1+size {
			return corrupt("quantisation table is cut short")
		}
		q := new(QuantTable)
		for k := range q {
			if precision == 0 {
				q[k] = uint16(p[1+k])
			} else {
				q[k] = be16(p[1+2*k:])
			}
			if q[k] == 0 {
				return corrupt("quantisation table %d has a zero", slot)
			}
		}
		t.quant[slot] = q
		p = p[1+size:]
	}
	return nil
}

// defineHuffman parses DHT (T.81, B.2.4.2).
func (t *tables) defineHuffman(p []byte) error {
	for len(p) > 0 {
		if len(p) < 17 {
			return corrupt("Huffman table is cut short")
		}
		class, slot := p[0]>>4, p[0]&15
		if class > 1 || slot > 3 {
			return corrupt("Huffman table %d of class %d", slot, class)
		}
		n := 0
		for _, count := range p[1:17] {
			n += int(count)
		}
		if n > 256 || len(p) < 17+n {
			return corrupt("Huffman table is cut short")
		}
		h, err := newHuffman(p[1:17], p[17:17+n])
		if err != nil {
			return err
		}
		if class == 0 {
			t.dc[slot] = h
		} else {
			t.ac[slot] = h
		}
		p = p[17+n:]
	}
	return nil
}

// quality scales a table of T.81, annex K, as libjpeg's jpeg_quality_scaling
// does: 50 is the table itself, 100 all ones, and every element 1..255.
func (q *QuantTable) quality(quality int) *QuantTable {
	quality = min(max(quality, 1), 100)
	percent := 200 - 2*quality
	if quality < 50 {
		percent = 5000 / quality
	}
	scaled := new(QuantTable)
	for k, v := range q {
		scaled[k] = uint16(min(max((int(v)*percent+50)/100, 1), 255))
	}
	return scaled
}

// wide says whether the table needs 16-bit elements, which baseline forbids.
func (q *QuantTable) wide() bool {
	for _, v := range q {
		if v > 255 {
			return true
		}
	}
	return false
}

// StandardQuant gives the luminance or the chrominance table of T.81, K.1,
// scaled for a quality 1..100 as libjpeg does.
func StandardQuant(chroma bool, quality int) *QuantTable {
	if chroma {
		return chromaQuant.quality(quality)
	}
	return lumaQuant.quality(quality)
}

// T.81, tables K.1 and K.2, in zigzag order.
var (
	lumaQuant = QuantTable{
		16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
		26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
		56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
		95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
	}
	chromaQuant = QuantTable{
		17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
	}
)

// zigzag gives the place, row*8+column, of the k-th coefficient (T.81, figure A.6).
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}
