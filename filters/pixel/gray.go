package pixel

import (
	"encoding/binary"
	"image"
)

// BT.601's weights of luma in 1/65536, as in Go's color.GrayModel. They add up
// to 1.
const lumaR, lumaG, lumaB = 19595, 38470, 7471

// luma returns BT.601 luma, rounded as color.GrayModel does: values of 8 bits are
// first widened to 16, by 0x101.
func luma(r, g, b uint8) uint8 {
	return uint8((0x101*(lumaR*uint32(r)+lumaG*uint32(g)+lumaB*uint32(b)) + 1<<15) >> 24)
}

// ToGray converts an image to BT.601 luma of the stored values, in its own
// depth. The result has alpha only if a pixel is not opaque. It may share memory
// with m.
func ToGray(m image.Image) image.Image {
	switch m := m.(type) {
	case *image.YCbCr:
		return &image.Gray{Pix: m.Y, Stride: m.YStride, Rect: m.Rect}
	case *image.NRGBA:
		if Opaque(m) {
			out := image.NewGray(m.Rect)
			grayRows(m, out.Pix, out.Stride, 1)
			return out
		}
		out := NewGrayAlpha(m.Rect)
		grayRows(m, out.Pix, out.Stride, 2)
		return out
	case *image.NRGBA64:
		if Opaque(m) {
			out := image.NewGray16(m.Rect)
			grayRows16(m, out.Pix, out.Stride, 2)
			return out
		}
		out := NewGrayAlpha16(m.Rect)
		grayRows16(m, out.Pix, out.Stride, 4)
		return out
	case *GrayAlpha, *GrayAlpha16:
		if Opaque(m) {
			return Flatten(m)
		}
	}
	return m
}

// grayRows writes pixels of 1 byte, luma, or of 2, luma and alpha.
func grayRows(m *image.NRGBA, pix []uint8, stride, size int) {
	w := m.Rect.Dx()
	Parallel(m.Rect.Dy(), func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			lumaRow(pix[y*stride:][:size*w], m.Pix[y*m.Stride:][:4*w], size)
		}
	})
}

// lumaRow converts a row of NRGBA pixels to pixels of 1 byte, luma, or of 2,
// luma and alpha.
func lumaRow(dst, src []uint8, size int) {
	if size == 1 {
		for x := range dst {
			p := src[4*x : 4*x+3 : 4*x+3]
			dst[x] = luma(p[0], p[1], p[2])
		}
		return
	}
	for i := 0; i+1 < len(dst); i += 2 {
		p := src[2*i : 2*i+4 : 2*i+4]
		dst[i], dst[i+1] = luma(p[0], p[1], p[2]), p[3]
	}
}

// grayRows16 writes pixels of 2 bytes, luma, or of 4, luma and alpha.
func grayRows16(m *image.NRGBA64, pix []uint8, stride, size int) {
	Parallel(m.Rect.Dy(), func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			src, dst := m.Pix[y*m.Stride:][:8*m.Rect.Dx()], pix[y*stride:]
			for x := range m.Rect.Dx() {
				p := src[8*x : 8*x+8 : 8*x+8]
				r, g, b := uint64(p[0])<<8|uint64(p[1]), uint64(p[2])<<8|uint64(p[3]), uint64(p[4])<<8|uint64(p[5])
				v := uint16((lumaR*r + lumaG*g + lumaB*b + 1<<15) >> 16)
				binary.BigEndian.PutUint16(dst[size*x:], v)
				if size == 4 {
					copy(dst[4*x+2:], p[6:8])
				}
			}
		}
	})
}
