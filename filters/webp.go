package filters

import (
	"bytes"
	"image"
	"io"

	"github.com/HugoSmits86/nativewebp"
	"golang.org/x/image/webp"
)

func decodeWebP(data []byte, l Limits) (*Picture, error) {
	meta, err := webpMetadata(data)
	if err != nil {
		return nil, err
	}
	c, err := webp.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if err := l.admit(c.Width, c.Height, 1, 8); err != nil {
		return nil, err
	}
	m, err := webp.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	switch lossy := m.(type) {
	case *image.YCbCr:
		m = studioRGB(lossy)
	case *image.NYCbCrA:
		rgb := studioRGB(&lossy.YCbCr)
		for y := range rgb.Rect.Dy() {
			for x := range rgb.Rect.Dx() {
				rgb.Pix[y*rgb.Stride+4*x+3] = lossy.A[y*lossy.AStride+x]
			}
		}
		m = rgb
	}
	return still(m, meta), nil
}

// studioRGB converts what VP8 holds: BT.601 in studio range (luma 16 to 235,
// chroma 16 to 240), with chroma at half the size in both directions (RFC 6386,
// section 9.2). x/image/webp hands it out as an image.YCbCr, which is full
// range: without this, black is gray. Chroma is interpolated, and the
// arithmetic is in 1/16384, rounded as libwebp does, so that the pixels are the
// same.
func studioRGB(m *image.YCbCr) *image.NRGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	cw, ch := (w+1)/2, (h+1)/2
	parallel(h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			near, far := m.Cb[y/2*m.CStride:], m.Cb[min(max(y/2+y%2*2-1, 0), ch-1)*m.CStride:]
			nearR, farR := m.Cr[y/2*m.CStride:], m.Cr[min(max(y/2+y%2*2-1, 0), ch-1)*m.CStride:]
			dst := out.Pix[y*out.Stride:][:4*w]
			for x, luma := range m.Y[y*m.YStride:][:w] {
				i, j := x/2, min(max(x/2+x%2*2-1, 0), cw-1)
				cb := int32(9*int(near[i])+3*int(near[j])+3*int(far[i])+int(far[j])+8) >> 4
				cr := int32(9*int(nearR[i])+3*int(nearR[j])+3*int(farR[i])+int(farR[j])+8) >> 4
				l := int32(luma) * 19077 >> 8
				dst[4*x] = clip6(l + cr*26149>>8 - 14234)
				dst[4*x+1] = clip6(l - cb*6419>>8 - cr*13320>>8 + 8708)
				dst[4*x+2] = clip6(l + cb*33050>>8 - 17685)
				dst[4*x+3] = 255
			}
		}
	})
	return out
}

// clip6 drops six fraction bits and clamps.
func clip6(v int32) uint8 { return uint8(max(0, min(v>>6, 255))) }

// webpCost is what nativewebp takes for a pixel, in bytes.
const webpCost = 56

// encodeWebP writes lossless WebP, which has no gray: red, green and blue are
// equal.
func encodeWebP(w io.Writer, p *Picture, o Options) error {
	size := p.Frames[0].Image.Bounds()
	if err := o.Limits.allow(webpCost * int64(size.Dx()) * int64(size.Dy())); err != nil {
		return err
	}
	m := toRGB(to8(p.Frames[0].Image))
	switch g := m.(type) {
	case *GrayAlpha:
		m = withColour(g)
	case *image.Gray:
		m = drawOpaque(g)
	}
	var file bytes.Buffer
	if err := nativewebp.Encode(&file, m, nil); err != nil {
		return err
	}
	return writeWebP(w, file.Bytes(), m.(*image.NRGBA), &p.Meta)
}
