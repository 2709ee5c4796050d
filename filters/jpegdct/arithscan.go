package jpegdct

import (
	"math/bits"
	"sync/atomic"
)

// conditioning has the parameters of a DAC segment (T.81, B.2.4.3), by slot.
type conditioning struct {
	lower, upper [4]uint8 // bounds of the categories of DC differences (L and U)
	low          [4]uint8 // the last zigzag index of the low AC coefficients (Kx)
}

// defaultConditioning is in force without DAC segments (T.81, F.1.4.4.1.4 and
// F.1.4.4.2.1).
var defaultConditioning = conditioning{upper: [4]uint8{1, 1, 1, 1}, low: [4]uint8{5, 5, 5, 5}}

// parseDAC parses a DAC segment.
func (c *conditioning) parseDAC(p []byte) error {
	for ; len(p) >= 2; p = p[2:] {
		class, slot, v := p[0]>>4, p[0]&15, p[1]
		switch {
		case slot > 3 || class > 1:
			return corrupt("conditioning of arithmetic coding table %d of class %d", slot, class)
		case class == 0 && v&15 <= v>>4:
			c.lower[slot], c.upper[slot] = v&15, v>>4
		case class == 1 && v >= 1 && v <= 63:
			c.low[slot] = v
		default:
			return corrupt("conditioning %d of arithmetic coding", v)
		}
	}
	if len(p) > 0 {
		return corrupt("DAC segment of an odd length")
	}
	return nil
}

// An arithScan decodes an arithmetic-coded scan (T.81, F.2.4 and G.2.3) into planes.
type arithScan struct {
	arithDecoder
	*scan
	planes []coefPlane
	blocks []arithBlock // of an MCU
	dc     [4][64]arithBin
	ac     [4][256]arithBin
	pred   [4]int32 // DC predictions by component of the frame
	diff   [4]uint8 // category of the last DC difference, as the index of the first bin
	junk   coefs    // for blocks that are not wanted
	none   uint64   // their nonzero
	// In a scan that refines coefficients, those up to the last nonzero one of each block, of an
	// MCU row.
	refined int
}

// An arithBlock is a block of an MCU.
type arithBlock struct {
	*scanComponent
	dx, dy int // position in the component's part of the MCU
}

// decodeArithmetic decodes the data of the scan into planes. A component without a plane
// is decoded too, since it shares statistics with others, and dropped. The coefficients that
// it refines are taken off refinable, and when none are left, the scan is corrupt.
func (sc *codedScan) decodeArithmetic(planes []coefPlane, refinable *atomic.Int64) error {
	s := &arithScan{scan: &sc.scan, planes: planes}
	for i := range sc.comps {
		c := &sc.comps[i]
		for dy := range c.v {
			for dx := range c.h {
				s.blocks = append(s.blocks, arithBlock{c, dx, dy})
			}
		}
	}
	left := 0 // MCUs to the end of the restart interval
	for y := range sc.mcusY {
		for x := range sc.mcusX {
			if left == 0 {
				sc.data, left = s.restart(sc.data), sc.restart
			}
			left--
			if !s.decodeMCU(x, y) {
				return corrupt("invalid arithmetic-coded data in MCU row %d of %d", y+1, sc.mcusY)
			}
		}
		if refinable.Add(-int64(s.refined)) < 0 {
			return corrupt("scans refine more than %d coefficients, and more than %d for each byte", maxRefined, maxRefinedOfByte)
		}
		s.refined = 0
	}
	return nil
}

// restart begins the restart interval at the beginning of data and returns what is after
// its marker.
func (s *arithScan) restart(data []byte) (next []byte) {
	end, _ := nextMarker(data, 0)
	s.begin(data[:end])
	clear(s.dc[:])
	clear(s.ac[:])
	s.pred, s.diff = [4]int32{}, [4]uint8{}
	return data[min(end+2, len(data)):]
}

// decodeMCU decodes the blocks of an MCU. It returns false if the data are invalid.
func (s *arithScan) decodeMCU(x, y int) bool {
	for i := range s.blocks {
		b := &s.blocks[i]
		to, place, nonzero := &s.junk, &junkPlaces, &s.none
		if p := &s.planes[b.index]; p.blocks != nil {
			bx, by := x*b.h+b.dx, y*b.v+b.dy
			to, place = p.block(bx, by)
			nonzero = &p.nonzero[by*p.stride+bx]
		} else {
			s.none = 0
		}
		if !s.decodeBlock(b, to, place, nonzero) {
			return false
		}
	}
	return true
}

// junkPlaces are the places of a block that is not wanted.
var junkPlaces = naturalPlaces(0)

// decodeBlock decodes what the scan has of a block.
func (s *arithScan) decodeBlock(b *arithBlock, to *coefs, place *places, nonzero *uint64) bool {
	switch {
	case s.ss == 0 && s.ah > 0:
		to[place[0]] |= int16(s.fixed() << s.al)
		return true
	case s.ss == 0:
		if !s.decodeDC(b) {
			return false
		}
		to[place[0]] = int16(s.pred[b.index] << s.al)
		return s.se == 0 || s.decodeAC(b, to, place, nonzero)
	case s.ah > 0:
		return s.refineAC(b, to, place, nonzero)
	}
	return s.decodeAC(b, to, place, nonzero)
}

// decodeDC decodes a DC difference and adds it to the prediction (T.81, F.2.4.1).
func (s *arithScan) decodeDC(b *arithBlock) bool {
	const firstBin, negative, large, high = 4, 4, 8, 20
	bins := s.dc[b.td][:]
	at := int(s.diff[b.index])
	if s.bit(&bins[at]) == 0 {
		s.diff[b.index] = 0
		return true
	}
	sign := int(s.bit(&bins[at+1]))
	m, ok := s.magnitude(bins, at+2+sign, noBin, high)
	if !ok {
		return false
	}
	category := int32(1) << bits.Len32(uint32(m)) >> 1 // the highest bit of m
	switch {
	case category < 1<<s.conditioning.lower[b.td]>>1:
		s.diff[b.index] = 0
	case category > 1<<s.conditioning.upper[b.td]>>1:
		s.diff[b.index] = uint8(firstBin + large + sign*negative)
	default:
		s.diff[b.index] = uint8(firstBin + sign*negative)
	}
	s.pred[b.index] += withSign(m+1, uint32(sign))
	return true
}

// withSign returns v, or -v if sign is 1.
func withSign(v int32, sign uint32) int32 {
	if sign != 0 {
		return -v
	}
	return v
}

// decodeAC decodes the AC coefficients of a block in the band of the scan, of which none
// has come (T.81, F.2.4.2 and G.2.3).
func (s *arithScan) decodeAC(b *arithBlock, to *coefs, place *places, nonzero *uint64) bool {
	const highBins, higherBins = 189, 217 // of coefficients up to Kx, and above
	bins := s.ac[b.ta][:]
	for k := max(s.ss, 1); k <= s.se; k++ {
		if s.bit(&bins[3*(k-1)]) != 0 {
			return true // end of the block
		}
		for s.bit(&bins[3*(k-1)+1]) == 0 {
			if k++; k > s.se {
				return false
			}
		}
		sign, at, high := s.fixed(), 3*(k-1)+2, higherBins
		if k <= int(s.conditioning.low[b.ta]) {
			high = highBins
		}
		m, ok := s.magnitude(bins, at, at, high)
		if !ok {
			return false
		}
		to[place[k]] = int16(withSign(m+1, sign) << s.al)
		*nonzero |= 1 << k
	}
	return true
}

// refineAC decodes the next bit of the AC coefficients of a block (T.81, G.1.3.3).
func (s *arithScan) refineAC(b *arithBlock, to *coefs, place *places, nonzero *uint64) bool {
	bins := s.ac[b.ta][:]
	bit := int16(1) << s.al
	end := bits.Len64(*nonzero & (2<<s.se - 1)) // behind the end of the block in the scans before
	s.refined += max(end-s.ss, 0)
	for k := s.ss; k <= s.se; k++ {
		if k >= end && s.bit(&bins[3*(k-1)]) != 0 {
			return true
		}
		for *nonzero>>k&1 == 0 && s.bit(&bins[3*(k-1)+1]) == 0 {
			if k++; k > s.se {
				return false
			}
		}
		c := &to[place[k]]
		if *nonzero>>k&1 == 0 {
			*c = int16(withSign(int32(bit), s.fixed()))
			*nonzero |= 1 << k
		} else if s.bit(&bins[3*(k-1)+2]) != 0 {
			*c += int16(withSign(int32(bit), uint32(uint16(*c)>>15)))
		}
	}
	return true
}
