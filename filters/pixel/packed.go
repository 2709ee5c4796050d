package pixel

// PackedDepth returns the fewest bits, 1, 2, 4 or 8, that store gray samples of 8
// bits without a loss. For samples that are not gray, or not of 8 bits, it returns
// Depth.
func (r *Rows) PackedDepth() int {
	if r.Channels != 1 || r.Depth != 8 {
		return r.Depth
	}
	depth := 1
	for y := 0; y < r.Height && depth < 8; y++ {
		for _, v := range r.Row(y) {
			for int(v)%packedStep(depth) != 0 {
				depth *= 2
			}
		}
	}
	return depth
}

// packedStep is the distance of two neighbouring samples of depth bits on the
// scale of 8 bits.
func packedStep(depth int) int { return 255 / (1<<depth - 1) }

// PackGray stores gray samples of 8 bits in depth bits each, a depth that
// PackedDepth returns. The first sample takes the highest bits of a byte, and the
// last byte is filled with zeros.
func PackGray(dst, src []byte, depth int) {
	perByte, step := 8/depth, packedStep(depth)
	for i := range dst[:(len(src)+perByte-1)/perByte] {
		packed := byte(0)
		for j := range perByte {
			packed <<= depth
			if k := i*perByte + j; k < len(src) {
				packed |= src[k] / byte(step)
			}
		}
		dst[i] = packed
	}
}
