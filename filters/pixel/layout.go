package pixel

import "image"

// A Layout describes rows of interleaved samples, as PNG, TIFF and PNM store
// them. Samples of 16 bits are big-endian.
type Layout struct {
	Width, Height int // in pixels
	Channels      int // 1: gray, 2: gray and alpha, 3: RGB, 4: RGB and alpha
	Depth         int // bits of a sample: 8 or 16
}

// PixelBytes returns the bytes of a pixel in a row.
func (l Layout) PixelBytes() int { return l.Channels * l.Depth / 8 }

// RowBytes returns the bytes of a row.
func (l Layout) RowBytes() int { return l.Width * l.PixelBytes() }

// ImageBytes returns the bytes of a pixel in the image that NewImage makes,
// where RGB has an alpha sample besides.
func (l Layout) ImageBytes() int {
	if l.Channels == 3 {
		l.Channels = 4
	}
	return l.PixelBytes()
}

// NewImage returns a new image with the layout's size, channels and depth: for
// RGB an image.NRGBA or NRGBA64, which is transparent at first.
func (l Layout) NewImage() image.Image {
	r := image.Rect(0, 0, l.Width, l.Height)
	switch deep := l.Depth == 16; {
	case l.Channels == 1 && !deep:
		return image.NewGray(r)
	case l.Channels == 1:
		return image.NewGray16(r)
	case l.Channels == 2 && !deep:
		return NewGrayAlpha(r)
	case l.Channels == 2:
		return NewGrayAlpha16(r)
	case !deep:
		return image.NewNRGBA(r)
	default:
		return image.NewNRGBA64(r)
	}
}

// Read makes an image of the rows that next writes into its argument, from top
// to bottom. An error of next is returned.
func (l Layout) Read(next func(row []byte) error) (image.Image, error) {
	m := l.NewImage()
	to := StorageOf(m)
	row := make([]byte, l.RowBytes())
	for y := range l.Height {
		if l.Channels != 3 {
			if err := next(to.Row(y, l.Width)); err != nil {
				return nil, err
			}
			continue
		}
		if err := next(row); err != nil {
			return nil, err
		}
		AddAlpha(to.Row(y, l.Width), row, l.PixelBytes())
	}
	return m, nil
}

// AddAlpha copies RGB pixels of size bytes, 3 or 6, from src to dst, where they get an
// opaque alpha.
func AddAlpha(dst, src []byte, size int) {
	if size == 3 {
		for i, j := 0, 0; j < len(src); i, j = i+4, j+3 {
			s, d := src[j:j+3:j+3], dst[i:i+4:i+4]
			d[0], d[1], d[2], d[3] = s[0], s[1], s[2], 0xff
		}
		return
	}
	for i, j := 0, 0; i < len(dst); i, j = i+8, j+6 {
		copy(dst[i:i+6], src[j:j+6])
		dst[i+6], dst[i+7] = 0xff, 0xff
	}
}

// Rows are an image as rows of interleaved samples. Alpha is left out where the
// image is opaque.
type Rows struct {
	Layout
	from   Raster
	packed []byte // a row without alpha; nil where rows are as they stand in memory
}

// RowsOf returns the rows of an image. An image.YCbCr is converted to RGB first.
func RowsOf(m image.Image) *Rows {
	m = ToRGB(m)
	from := StorageOf(m)
	r := &Rows{from: from}
	r.Layout = Layout{Width: m.Bounds().Dx(), Height: m.Bounds().Dy(), Channels: from.Samples, Depth: from.Depth}
	if r.Channels%2 == 0 && Opaque(m) {
		r.Channels--
		r.packed = make([]byte, r.RowBytes())
	}
	return r
}

// Row returns row y. The row is valid until the next call, and must not be
// changed.
func (r *Rows) Row(y int) []byte {
	src := r.from.Row(y, r.Width)
	if r.packed == nil {
		return src
	}
	to, from := r.PixelBytes(), r.from.PixelBytes()
	for i, j := 0, 0; i < len(r.packed); i, j = i+to, j+from {
		copy(r.packed[i:i+to], src[j:j+from])
	}
	return r.packed
}
