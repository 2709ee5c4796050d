package tiff

import (
	"bytes"
	"image"

	"golang.org/x/image/webp"

	"imgpipe/filters/pixel"
)

// decodeWebP writes the samples of a segment that is a WebP into dst.
func (p *Page) decodeWebP(dst, src []byte, rows int) (used int, err error) {
	c, err := webp.DecodeConfig(bytes.NewReader(src))
	if err != nil {
		return 0, readError(err, 0, len(dst))
	}
	if c.Width != p.width || c.Height < rows || c.Height > p.height {
		return 0, corrupt("a WebP of %d x %d pixels in a %s of %d x %d", c.Width, c.Height, p.kind, p.width, p.height)
	}
	m, err := webp.Decode(bytes.NewReader(src))
	if err != nil {
		return 0, readError(err, 0, len(dst))
	}
	switch lossy := m.(type) {
	case *image.YCbCr:
		m = pixel.FromStudio(lossy)
	case *image.NYCbCrA:
		m = pixel.FromStudioAlpha(lossy)
	}
	from := pixel.ToNRGBA(m)
	for i, at := 0, 0; at < len(dst); i, at = i+4, at+p.samples {
		copy(dst[at:at+p.samples], from.Pix[i:])
	}
	return len(src), nil
}
