package pixel

import (
	"image"
	"image/draw"
)

// To8 converts samples of 16 bits to 8 bits, rounded to the nearest. An image of
// 8 bits is returned as it is.
func To8(m image.Image) image.Image {
	r := m.Bounds()
	switch m := m.(type) {
	case *image.Gray16:
		out := image.NewGray(r)
		narrow(out.Pix, out.Stride, m.Pix, m.Stride, r.Dy())
		return out
	case *GrayAlpha16:
		out := NewGrayAlpha(r)
		narrow(out.Pix, out.Stride, m.Pix, m.Stride, r.Dy())
		return out
	case *image.NRGBA64:
		out := image.NewNRGBA(r)
		narrow(out.Pix, out.Stride, m.Pix, m.Stride, r.Dy())
		return out
	}
	return m
}

// narrow rounds big-endian samples of 16 bits to 8 bits.
func narrow(dst []uint8, dstStride int, src []uint8, srcStride, rows int) {
	for y := range rows {
		d, s := dst[y*dstStride:][:dstStride], src[y*srcStride:]
		for i := range d {
			v := uint32(s[2*i])<<8 | uint32(s[2*i+1])
			d[i] = uint8((v*255 + 32767) / 65535)
		}
	}
}

// ToNRGBA converts any image to 8 bits of red, green, blue and alpha.
func ToNRGBA(m image.Image) *image.NRGBA {
	switch m := ToRGB(To8(m)).(type) {
	case *image.Gray:
		return grayToNRGBA(m)
	case *GrayAlpha:
		return grayAlphaToNRGBA(m)
	default:
		return m.(*image.NRGBA)
	}
}

// grayToNRGBA draws to an image.RGBA, for which image/draw has faster code than
// for NRGBA: the memory of an opaque image is the same in both.
func grayToNRGBA(m *image.Gray) *image.NRGBA {
	out := image.NewRGBA(m.Rect)
	draw.Draw(out, out.Rect, m, m.Rect.Min, draw.Src)
	return &image.NRGBA{Pix: out.Pix, Stride: out.Stride, Rect: out.Rect}
}

func grayAlphaToNRGBA(m *GrayAlpha) *image.NRGBA {
	out := image.NewNRGBA(m.Rect)
	for y := range m.Rect.Dy() {
		src, dst := m.Pix[y*m.Stride:], out.Pix[y*out.Stride:]
		for x := range m.Rect.Dx() {
			v := src[2*x]
			copy(dst[4*x:], []uint8{v, v, v, src[2*x+1]})
		}
	}
	return out
}
