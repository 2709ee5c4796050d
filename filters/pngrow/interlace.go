package pngrow

// passes are Adam7's: section 8.1.
var passes = [7]struct{ x, y, dx, dy int }{
	{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
}

// maxWhole bounds an interlaced image, in bytes: no more than that it can be counted.
const maxWhole = 1 << 40

// readPasses reads an interlaced image.
func (r *Reader) readPasses() error {
	size := r.expand.pixelSize()
	stride := r.RowBytes()
	if stride > maxWhole/r.header.Height {
		return corrupt("an interlaced image of %d rows of %d bytes", r.header.Height, stride)
	}
	r.whole = make([]byte, stride*r.header.Height)
	row := make([]byte, stride)
	for _, p := range passes {
		width := (r.header.Width - p.x + p.dx - 1) / p.dx
		height := (r.header.Height - p.y + p.dy - 1) / p.dy
		if width <= 0 || height <= 0 {
			continue
		}
		r.begin(width)
		for y := range height {
			at := p.y + y*p.dy
			raw, err := r.storedRow(at, r.header.Height)
			if err != nil {
				return err
			}
			r.expand.row(row[:width*size], raw)
			to := r.whole[at*stride+p.x*size:]
			for x := range width {
				copy(to[x*p.dx*size:][:size], row[x*size:])
			}
		}
	}
	return nil
}
