package tiff

import "math"

// A scale makes a stored sample a sample of the image: of 8 bits, or of 16.
type scale func(v uint64) uint16

// scale returns the scale of a page's colours. Integers are scaled from the range of
// their type. Floats, and integers that are signed or of more than 16 bits, are scaled
// from SMinSampleValue to SMaxSampleValue where the page has them. Floats are scaled from 0
// to 1 else; or, if some are beyond, from the smallest of the page to the largest.
func (p *Page) scale() (scale, error) {
	if p.palette != nil {
		return func(v uint64) uint16 { return uint16(v) }, nil
	}
	if p.format == formatUnsigned && p.bits <= 16 {
		return p.wholeRange(), nil
	}
	low, high, ok := p.sampleRange()
	if !ok && p.format == formatFloat {
		var err error
		if low, high, err = p.measure(); err != nil {
			return nil, err
		}
		ok = true
	}
	if !ok {
		return p.wholeRange(), nil
	}
	return p.rangeOf(low, high), nil
}

// alphaScale returns the scale of alpha: the range of its type, or 0 to 1.
func (s *storage) alphaScale() scale {
	if s.format == formatFloat {
		return s.rangeOf(0, 1)
	}
	return s.wholeRange()
}

// wholeRange is the scale of integers from the range of their type.
func (s *storage) wholeRange() scale {
	most := uint64(1)<<s.bits - 1
	white := uint64(1)<<s.depth() - 1
	flip := uint64(0)
	if s.format == formatSigned {
		flip = 1 << (s.bits - 1)
	}
	return func(v uint64) uint16 { return uint16(((v^flip)*white + most/2) / most) }
}

// rangeOf is the scale of numbers from low to high. NaN is black.
func (s *storage) rangeOf(low, high float64) scale {
	white := float64(uint64(1)<<s.depth() - 1)
	factor := white / (high - low)
	number := s.number()
	return func(v uint64) uint16 {
		scaled := float64((number(v)-low)*factor) + 0.5
		if !(scaled > 0) {
			return 0
		}
		return uint16(min(scaled, white))
	}
}

// number returns the function that reads a stored sample as a number.
func (s *storage) number() func(v uint64) float64 {
	switch {
	case s.format == formatUnsigned:
		return func(v uint64) float64 { return float64(v) }
	case s.format == formatSigned:
		return func(v uint64) float64 { return float64(int64(v<<(64-s.bits)) >> (64 - s.bits)) }
	case s.bits == 16:
		return half
	case s.bits == 32:
		return func(v uint64) float64 { return float64(math.Float32frombits(uint32(v))) }
	}
	return math.Float64frombits
}

// half returns the number that 16 bits of IEEE 754 stand for.
func half(v uint64) float64 {
	exponent, fraction := int(v>>10&0x1f), float64(v&0x3ff)
	n := math.Ldexp(fraction+1024, exponent-25)
	switch {
	case exponent == 0:
		n = math.Ldexp(fraction, -24)
	case exponent == 0x1f && fraction == 0:
		n = math.Inf(1)
	case exponent == 0x1f:
		return math.NaN()
	}
	if v&0x8000 != 0 {
		return -n
	}
	return n
}

// sampleRange returns SMinSampleValue and SMaxSampleValue; ok is false if they are no
// range.
func (p *Page) sampleRange() (low, high float64, ok bool) {
	lows, highs := p.d.floats(tagSMinSampleValue, 1), p.d.floats(tagSMaxSampleValue, 1)
	if lows == nil || highs == nil {
		return 0, 0, false
	}
	low, high = lows[0], highs[0]
	return low, high, low < high && !math.IsInf(low, 0) && !math.IsInf(high, 0)
}

// measure decodes the page to find the range of its floats: 0 to 1 if all of them are
// within it.
func (p *Page) measure() (low, high float64, err error) {
	low, high = math.Inf(1), math.Inf(-1)
	number := p.number()
	err = p.each(func(t *tile) error {
		shown, colours, samples := min(t.width, p.Width-t.x), p.colours, p.samples // of each plane
		if p.planes {
			colours, samples = 1, 1
		}
		for y := range t.rows {
			for _, plane := range t.planes[:min(len(t.planes), p.colours)] {
				value := p.values(plane[y*t.stride:][:t.stride])
				for i := range shown * colours {
					if v := number(value(i/colours*samples + i%colours)); !math.IsInf(v, 0) {
						low, high = lower(low, v), higher(high, v)
					}
				}
			}
		}
		return nil
	})
	if low >= 0 && high <= 1 || low > high {
		low, high = 0, 1
	} else if low == high {
		high = low + 1
	}
	return low, high, err
}

// lower and higher are min and max that ignore NaN.
func lower(a, v float64) float64 {
	if v < a {
		return v
	}
	return a
}

func higher(a, v float64) float64 {
	if v > a {
		return v
	}
	return a
}
