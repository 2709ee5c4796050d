package bmp

// decodeRuns decodes runs (BI_RLE4 and BI_RLE8) to an index for each pixel. Pixels that
// the runs leave out have index 0, as in Pillow, ImageMagick and FFmpeg; browsers make
// them transparent. A run ends at the end of its row.
func (r *Reader) decodeRuns() error {
	width, height := r.header.Width, r.header.Height
	r.indices = make([]byte, width*height)
	in := r.pixels
	tooLong := false
	for x, y := 0, 0; y < height; {
		if len(in) < 2 {
			if y == height-1 && x >= width {
				return r.options.Tolerate.Handle(corrupt("no end of the bitmap after the last run"))
			}
			return truncated("pixels end in row %d of %d", y, height)
		}
		count, value := int(in[0]), in[1]
		in = in[2:]
		row := r.indices[y*width:][:width]
		switch {
		case count > 0:
			fillRun(row[min(x, width):min(x+count, width)], value, r.header.Bits)
			x += count
		case value == 0: // end of the row
			x, y = 0, y+1
			continue
		case value == 1: // end of the bitmap
			return nil
		case value == 2: // columns and rows to skip
			if len(in) < 2 {
				return truncated("pixels end in row %d of %d", y, height)
			}
			x, y = x+int(in[0]), y+int(in[1])
			in = in[2:]
		default: // value indices follow, in whole words
			bytes := (int(value)*r.header.Bits + 7) / 8
			if len(in) < bytes {
				return truncated("pixels end in row %d of %d", y, height)
			}
			unpack(row[min(x, width):min(x+int(value), width)], in, r.header.Bits)
			in = in[min(bytes+bytes%2, len(in)):]
			x += int(value)
		}
		if x > width && !tooLong {
			tooLong = true
			if err := r.options.Tolerate.Handle(corrupt("run beyond the end of row %d", y)); err != nil {
				return err
			}
		}
	}
	return nil
}

// fillRun repeats an index of 8 bits, or two of 4 bits in turn.
func fillRun(dst []byte, value byte, depth int) {
	pair := [2]byte{value, value}
	if depth == 4 {
		pair = [2]byte{value >> 4, value & 15}
	}
	for i := range dst {
		dst[i] = pair[i%2]
	}
}

// unpack writes indices of 8 or 4 bits to dst.
func unpack(dst, src []byte, depth int) {
	if depth == 8 {
		copy(dst, src)
		return
	}
	for i := range dst {
		dst[i] = src[i/2] >> (4 - i%2*4) & 15
	}
}
