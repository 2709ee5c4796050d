package pngrow

// An expander converts rows as stored to rows of whole samples: it unpacks
// samples of less than 8 bits, looks up palette indices, and turns tRNS into
// alpha.
type expander struct {
	channels int                   // of the result
	depth    int                   // bits per sample of the result: 8 or 16
	row      func(dst, raw []byte) // converts one row
}

// pixelSize is the number of bytes per pixel of the result.
func (e expander) pixelSize() int { return e.channels * e.depth / 8 }

func newExpander(h *Header) expander {
	e := expander{channels: h.ColourType.channels(), depth: max(8, h.BitDepth)}
	key := h.Transparency
	switch {
	case h.ColourType == Indexed:
		colours, channels := paletteColours(h)
		bits := h.BitDepth
		e.channels = channels
		e.row = func(dst, raw []byte) { expandIndices(dst, raw, bits, channels, colours) }
	case h.BitDepth < 8:
		if key != nil {
			e.channels = 2
		}
		colours, bits, channels := grayColours(h), h.BitDepth, e.channels
		e.row = func(dst, raw []byte) { expandIndices(dst, raw, bits, channels, colours) }
	case key != nil: // Gray or RGB
		size := e.pixelSize()
		e.channels++
		if h.BitDepth == 8 {
			low := make([]byte, size)
			for i := range low {
				low[i] = key[2*i+1]
			}
			key = low
		}
		e.row = func(dst, raw []byte) { expandKey(dst, raw, key, e.depth/8) }
	default:
		e.row = func(dst, raw []byte) { copy(dst, raw) }
	}
	return e
}

// paletteColours returns the pixel for each palette index, and how many channels
// the pixels need: 1 if all colours are gray, else 3, and one more if one of them
// is not opaque. An index beyond the palette is black, as in libpng and
// image/png.
func paletteColours(h *Header) (colours *[256][4]uint8, channels int) {
	colours, channels = new([256][4]uint8), 1
	for _, c := range h.Palette {
		if c[0] != c[1] || c[0] != c[2] {
			channels = 3
		}
	}
	alpha := channels
	for _, a := range h.Transparency {
		if a != 255 {
			channels = alpha + 1
		}
	}
	for i := range colours {
		if i < len(h.Palette) {
			copy(colours[i][:], h.Palette[i][:])
		}
		colours[i][alpha] = 255
		if i < len(h.Transparency) {
			colours[i][alpha] = h.Transparency[i]
		}
	}
	return colours, channels
}

// grayColours returns the gray and alpha for each sample of less than 8 bits
// (section 13.12).
func grayColours(h *Header) *[256][4]uint8 {
	colours := new([256][4]uint8)
	maxSample := 1<<h.BitDepth - 1
	for i := range maxSample + 1 {
		colours[i] = [4]uint8{uint8(i * 255 / maxSample), 255}
		if h.Transparency != nil && int(h.Transparency[1])&maxSample == i {
			colours[i][1] = 0
		}
	}
	return colours
}

// expandIndices looks up samples of 1, 2, 4 or 8 bits. The first sample is in the
// high bits of the first byte (section 7.2).
func expandIndices(dst, raw []byte, bits, channels int, colours *[256][4]uint8) {
	if bits == 8 {
		for i, v := range raw[:len(dst)/channels] {
			copy(dst[i*channels:][:channels], colours[v][:])
		}
		return
	}
	mask, shift, x := byte(1<<bits-1), 8, 0
	for ; len(dst) > 0; dst = dst[channels:] {
		shift -= bits
		copy(dst[:channels], colours[raw[x]>>shift&mask][:])
		if shift == 0 {
			shift, x = 8, x+1
		}
	}
}

// expandKey adds an alpha sample to each pixel: 0 if the pixel equals key, else
// the maximum.
func expandKey(dst, raw, key []byte, sampleSize int) {
	size := len(key)
	for ; len(dst) > 0; raw = raw[size:] {
		alpha := byte(255)
		if string(raw[:size]) == string(key) {
			alpha = 0
		}
		copy(dst, raw[:size])
		dst = dst[size:]
		for range sampleSize {
			dst[0] = alpha
			dst = dst[1:]
		}
	}
}
