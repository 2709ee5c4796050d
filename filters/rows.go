package filters

import "image"

// A rowForm says what rows of interleaved samples, those of 16 bits big-endian,
// are an image of.
type rowForm struct {
	size     image.Point
	channels int // 1: gray, 2: gray and alpha, 3: RGB, 4: RGB and alpha
	depth    int // bits of a sample: 8 or 16
}

// memory is how many bytes a pixel takes as a Frame's image.
func (f rowForm) memory() int {
	if f.channels == 3 {
		return 4 * f.depth / 8 // with an alpha
	}
	return f.channels * f.depth / 8
}

// read makes an image of the rows that next gives.
func (f rowForm) read(next func(row []byte) error) (image.Image, error) {
	m, pix := f.image()
	stride := len(pix) / f.size.Y
	row := make([]byte, f.size.X*f.channels*f.depth/8)
	for y := range f.size.Y {
		dst := pix[y*stride:][:stride]
		if f.channels != 3 {
			if err := next(dst); err != nil {
				return nil, err
			}
			continue
		}
		if err := next(row); err != nil {
			return nil, err
		}
		addAlpha(dst, row, len(row)/f.size.X)
	}
	return m, nil
}

// image is a new one for such rows, and its memory.
func (f rowForm) image() (image.Image, []uint8) {
	r := image.Rectangle{Max: f.size}
	switch deep := f.depth == 16; {
	case f.channels == 1 && !deep:
		m := image.NewGray(r)
		return m, m.Pix
	case f.channels == 1:
		m := image.NewGray16(r)
		return m, m.Pix
	case f.channels == 2 && !deep:
		m := NewGrayAlpha(r)
		return m, m.Pix
	case f.channels == 2:
		m := NewGrayAlpha16(r)
		return m, m.Pix
	case !deep:
		m := image.NewNRGBA(r)
		return m, m.Pix
	default:
		m := image.NewNRGBA64(r)
		return m, m.Pix
	}
}

// addAlpha gives RGB pixels of the given size, in bytes, an opaque alpha.
func addAlpha(dst, src []byte, size int) {
	if size == 3 {
		for i, j := 0, 0; j < len(src); i, j = i+4, j+3 {
			s, d := src[j:j+3:j+3], dst[i:i+4:i+4]
			d[0], d[1], d[2], d[3] = s[0], s[1], s[2], 0xff
		}
		return
	}
	for i, j := 0, 0; j < len(src); i, j = i+8, j+6 {
		copy(dst[i:i+6], src[j:j+6])
		dst[i+6], dst[i+7] = 0xff, 0xff
	}
}
