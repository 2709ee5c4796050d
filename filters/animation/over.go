package animation

import "encoding/binary"

// over blends pixels of src over those of dst (PNG, section 13.16, for colours that
// are not premultiplied). The last of the samples is alpha.
func over(dst, src []byte, samples, depth int) {
	if samples == 4 && depth == 8 {
		overRGBA(dst, src)
		return
	}
	size := samples * depth / 8
	alpha := size - depth/8
	for i := 0; i < len(src); i += size {
		s, d := src[i:i+size:i+size], dst[i:i+size:i+size]
		switch a := sample(s[alpha:], depth); {
		case a == 1<<depth-1 || a > 0 && sample(d[alpha:], depth) == 0:
			copy(d, s)
		case a > 0:
			blend(d, s, alpha, depth)
		}
	}
}

// overRGBA is over for pixels of 4 bytes.
func overRGBA(dst, src []byte) {
	for i := 0; i+4 <= len(src) && i+4 <= len(dst); i += 4 {
		s, d := (*[4]uint8)(src[i:]), (*[4]uint8)(dst[i:])
		switch a := s[3]; {
		case a == 255 || a > 0 && d[3] == 0:
			*d = *s
		case a > 0:
			blend(d[:], s[:], 3, 8)
		}
	}
}

// blend blends one pixel, whose alpha sample begins at byte alpha, over another
// one.
func blend(dst, src []byte, alpha, depth int) {
	white := uint64(1)<<depth - 1
	a := sample(src[alpha:], depth)
	upper, lower := a*white, (white-a)*sample(dst[alpha:], depth) // weights
	sum := upper + lower
	for i := 0; i < alpha; i += depth / 8 {
		v := sample(src[i:], depth)*upper + sample(dst[i:], depth)*lower
		setSample(dst[i:], depth, (v+sum/2)/sum)
	}
	setSample(dst[alpha:], depth, (sum+white/2)/white)
}

func sample(b []byte, depth int) uint64 {
	if depth == 8 {
		return uint64(b[0])
	}
	return uint64(binary.BigEndian.Uint16(b))
}

func setSample(b []byte, depth int, v uint64) {
	if depth == 8 {
		b[0] = uint8(v)
		return
	}
	binary.BigEndian.PutUint16(b, uint16(v))
}
