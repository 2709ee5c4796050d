package pngrow

// adam7 holds, for each pass of Adam7, the position of its first pixel and the
// steps between its pixels (section 8.1).
var adam7 = [7]struct{ x, y, dx, dy int }{
	{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
}

// maxInterlaced limits the size of an interlaced image, in bytes, so that the size
// does not overflow an int.
const maxInterlaced = 1 << 40

// readInterlaced reads all passes of an interlaced image into r.deinterlaced.
func (r *Reader) readInterlaced() error {
	size := r.expand.pixelSize()
	stride := r.RowBytes()
	if stride > maxInterlaced/r.header.Height {
		return corrupt("interlaced image of %d rows of %d bytes is too large", r.header.Height, stride)
	}
	r.deinterlaced = make([]byte, stride*r.header.Height)
	row := make([]byte, stride)
	for _, p := range adam7 {
		width := (r.header.Width - p.x + p.dx - 1) / p.dx
		height := (r.header.Height - p.y + p.dy - 1) / p.dy
		if width <= 0 || height <= 0 {
			continue
		}
		r.startRows(width)
		for y := range height {
			at := p.y + y*p.dy
			raw, err := r.readStoredRow(at, r.header.Height)
			if err != nil {
				return err
			}
			r.expand.row(row[:width*size], raw)
			to := r.deinterlaced[at*stride+p.x*size:]
			for x := range width {
				copy(to[x*p.dx*size:][:size], row[x*size:])
			}
		}
	}
	return nil
}
