package tiff

import "math"

// A ycbcr converts luma and chroma to RGB (section 21) with tables by the value of a
// sample, as libtiff does.
type ycbcr struct {
	luma                                    [256]int32
	redOfCr, greenOfCr, greenOfCb, blueOfCb [256]int32 // the green ones in 1/65536
}

// newYCbCr returns the conversion of a page. JPEG and WebP have the usual coefficients
// and full range.
func (p *Page) newYCbCr() *ycbcr {
	weights, reference := []float64{0.299, 0.587, 0.114}, []float64{0, 255, 128, 255, 128, 255}
	if !p.isPicture() {
		if w := p.d.floats(tagCoefficients, 3); w != nil && w[1] > 0 && valid(w) {
			weights = w
		}
		if r := p.d.floats(tagReference, 6); r != nil && valid(r) {
			reference = r
		}
	}
	of := func(v, black, white, full float64) float64 {
		if white == black {
			white = black + 1
		}
		return (v - black) * full / (white - black)
	}
	const one, limit = 1 << 16, 1 << 12
	fixed := func(v float64) int32 { return int32(math.Floor(float64(max(-limit, min(v, limit))*one) + 0.5)) }
	c := new(ycbcr)
	red, blue := 2-2*weights[0], 2-2*weights[2]
	for i := range 256 {
		v := float64(i)
		cb, cr := of(v, reference[2], reference[3], 127), of(v, reference[4], reference[5], 127)
		c.luma[i] = fixed(math.Trunc(of(v, reference[0], reference[1], 255))) >> 16
		c.redOfCr[i] = (fixed(red*math.Trunc(cr)) + one/2) >> 16
		c.blueOfCb[i] = (fixed(blue*math.Trunc(cb)) + one/2) >> 16
		c.greenOfCr[i] = -fixed(weights[0] * red / weights[1] * math.Trunc(cr))
		c.greenOfCb[i] = -fixed(weights[2]*blue/weights[1]*math.Trunc(cb)) + one/2
	}
	return c
}

// valid tells whether all numbers are finite and of a sensible size.
func valid(all []float64) bool {
	for _, v := range all {
		if !(math.Abs(v) <= 1<<10) {
			return false
		}
	}
	return true
}

// toRGB converts pixels of Y, Cb, Cr and alpha in place.
func (c *ycbcr) toRGB(row []byte) {
	for ; len(row) >= 4; row = row[4:] {
		y, cb, cr := c.luma[row[0]], row[1], row[2]
		row[0] = clamp(y + c.redOfCr[cr])
		row[1] = clamp(y + (c.greenOfCb[cb]+c.greenOfCr[cr])>>16)
		row[2] = clamp(y + c.blueOfCb[cb])
	}
}

// clamp returns v within 0 to 255.
func clamp(v int32) uint8 { return uint8(max(0, min(v, 255))) }

// A subsampling is how luma and chroma of a segment are stored in blocks: the luma of h x
// v pixels, then their Cb and their Cr (section 21).
type subsampling struct {
	h, v  int // pixels of a block: 1, 2 or 4
	width int // of the segment
	out   []byte
}

// subsampling returns how a page's chroma is stored; nil if each pixel has its own.
func (p *Page) subsampling() (*subsampling, error) {
	if p.photometric != photometricYCbCr {
		return nil, nil
	}
	s := &subsampling{h: 2, v: 2, width: p.width}
	if f := p.d.ints(tagSubsampling, 2); len(f) == 2 {
		s.h, s.v = f[0], f[1]
	}
	ok := func(n int) bool { return n == 1 || n == 2 || n == 4 }
	switch {
	case !ok(s.h) || !ok(s.v):
		return nil, corrupt("chroma of 1/%d x 1/%d", s.h, s.v)
	case s.h == 1 && s.v == 1:
		return nil, nil
	case p.planes:
		return nil, unsupported("subsampled chroma in planes")
	case p.isPicture():
	case p.samples != 3 || p.predictor != 1:
		return nil, unsupported("subsampled chroma with extra samples or with a predictor")
	}
	return s, nil
}

// bytes returns the bytes of the given number of rows.
func (s *subsampling) bytes(rows int) int { return s.blockRows(rows) * s.rowBytes() }

func (s *subsampling) blockRows(rows int) int { return (rows + s.v - 1) / s.v }

// rowBytes returns the bytes of a row of blocks.
func (s *subsampling) rowBytes() int { return (s.width + s.h - 1) / s.h * (s.h*s.v + 2) }

// expand returns the samples of the pixels of all rows. All pixels of a block get its
// chroma.
func (s *subsampling) expand(blocks []byte, rows int) []byte {
	const samples = 3
	size := rows * s.width * samples
	if cap(s.out) < size {
		s.out = make([]byte, size)
	}
	s.out = s.out[:size]
	for top := 0; top < rows; top += s.v {
		for left := 0; left < s.width; left += s.h {
			block := blocks[:s.h*s.v+2]
			blocks = blocks[len(block):]
			cb, cr := block[s.h*s.v], block[s.h*s.v+1]
			for y := top; y < min(top+s.v, rows); y++ {
				for x := left; x < min(left+s.h, s.width); x++ {
					at := (y*s.width + x) * samples
					s.out[at], s.out[at+1], s.out[at+2] = block[(y-top)*s.h+x-left], cb, cr
				}
			}
		}
	}
	return s.out
}
