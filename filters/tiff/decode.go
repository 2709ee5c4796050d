package tiff

import (
	"image"
	"math/bits"

	"imgpipe/filters/pixel"
)

// Decode decodes the page's pixels to an image of one of package pixel's types. The errors
// are those of Reader.Next.
func (p *Page) Decode() (image.Image, error) {
	scale, err := p.scale()
	if err != nil {
		return nil, err
	}
	l := p.layout()
	m := l.NewImage()
	to := pixel.RasterOf(m)
	unpack := newUnpacker(&p.storage, scale)
	colour := p.colour(l)
	err = p.each(func(t *tile) error {
		shown := min(t.width, p.Width-t.x)
		for y := range t.rows {
			row := to.Row(t.y+y, p.Width)[t.x*to.PixelBytes():][:shown*to.PixelBytes()]
			colour(row, unpack.row(t, y, shown))
		}
		return nil
	})
	return m, err
}

// A tile is a part of the picture whose samples are decompressed: a strip or a tile.
type tile struct {
	x, y   int      // of its first pixel
	width  int      // may reach beyond the picture
	rows   int      // of the picture
	stride int      // bytes of a row
	planes [][]byte // the rows of each plane
}

// each calls f for all tiles of the page. A tile is valid until f returns.
func (p *Page) each(f func(t *tile) error) error {
	d, err := p.newDecompressor()
	if err != nil {
		return err
	}
	n := p.planeCount()
	t := &tile{width: p.width, planes: make([][]byte, n)}
	buffers := make([][]byte, n)
	for i := range p.across * p.down {
		t.x, t.y = i%p.across*p.width, i/p.across*p.height
		t.rows = min(p.height, p.Height-t.y)
		for k := range t.planes[:min(n, p.used())] {
			if t.planes[k], err = p.decompress(d, k*p.across*p.down+i, t.rows, &buffers[k]); err != nil {
				return err
			}
		}
		t.stride = d.rowBytes
		if err := f(t); err != nil {
			return err
		}
	}
	return nil
}

// decompress returns the given number of rows of segment i, valid until the next call for
// its plane. Rows are as they were before compression and prediction. They are
// decompressed into buffer, which is made larger if it is too small.
func (p *Page) decompress(d *decompressor, i, rows int, buffer *[]byte) ([]byte, error) {
	src, err := p.segment(i)
	if err != nil {
		return nil, err
	}
	if p.reversed && p.compression != compressionJPEG { // libtiff does not reverse JPEG's bits
		if src, err = d.reverse(src); err != nil {
			return nil, err
		}
	}
	size := d.bytes(rows)
	if cap(*buffer) < size {
		*buffer = make([]byte, size, d.bytes(p.height))
	}
	data := (*buffer)[:size]
	used, err := d.run(data, src, rows)
	if err != nil {
		return nil, err
	}
	if err := p.r.work.decompress(used); err != nil {
		return nil, err
	}
	shown := rows * min(p.width, p.Width) * p.used() * p.bits / 8 / min(p.planeCount(), p.used())
	if err := p.r.work.hide(max(0, size-shown)); err != nil {
		return nil, err
	}
	data = d.finish(data, rows)
	undoPrediction(&p.storage, data, d.rowBytes)
	return data, nil
}

// reverse returns the bytes of a segment with their bits in reverse.
func (d *decompressor) reverse(src []byte) ([]byte, error) {
	if err := d.work.decompress(len(src)); err != nil {
		return nil, err
	}
	d.reversed = append(d.reversed[:0], src...)
	for i, b := range d.reversed {
		d.reversed[i] = bits.Reverse8(b)
	}
	return d.reversed, nil
}

// scratch returns about how many bytes Decode takes besides the image.
func (p *Page) scratch() int64 {
	n := int64(p.planeCount()) * int64(p.segmentBytes(&p.storage))
	pixels := int64(p.width) * int64(p.height)
	switch p.compression {
	case compressionJPEG:
		n += 4 * pixels * int64(p.samples) // samples, and the coefficients of a progressive one
	case compressionWebP:
		n += 16 * pixels
	}
	if p.photometric == photometricYCbCr {
		n *= 2 // chroma in blocks, and of each pixel
	}
	return n
}
