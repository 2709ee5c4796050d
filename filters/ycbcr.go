package filters

import (
	"image"
	"math/bits"
)

// The factors of BT.601's conversions, as T.871 (section 7) gives them, in
// 1/65536.
const (
	redOfCr   = 91881  // 1.402
	greenOfCb = 22554  // 0.344136
	greenOfCr = 46802  // 0.714136
	blueOfCb  = 116130 // 1.772
)

func ycbcrToRGB(y, cb, cr int32) (r, g, b uint8) {
	y, cb, cr = y<<16+1<<15, cb-128, cr-128
	return clip16(y + redOfCr*cr), clip16(y - greenOfCb*cb - greenOfCr*cr), clip16(y + blueOfCb*cb)
}

// clip16 drops sixteen fraction bits and clamps.
func clip16(v int32) uint8 {
	if uint32(v) >= 256<<16 {
		return uint8(^v >> 31) // 0 below, 255 above
	}
	return uint8(v >> 16)
}

// rgbOf converts a JPEG's luma and chroma. Chroma of half the luma's width or
// height is interpolated, in the way and with the rounding of libjpeg's "fancy
// upsampling"; any other is repeated.
func rgbOf(m *image.YCbCr) *image.NRGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	parallel(h, func(y0, y1 int) {
		fx, fy := samplingFactors(m.SubsampleRatio)
		size := image.Pt((w+fx-1)/fx, (h+fy-1)/fy)
		cb, cr := newUpsampler(m.Cb, m.CStride, size, fx, fy), newUpsampler(m.Cr, m.CStride, size, fx, fy)
		for y := y0; y < y1; y++ {
			luma, u, v := m.Y[y*m.YStride:][:w], cb.row(y)[:w], cr.row(y)[:w]
			dst := out.Pix[y*out.Stride:][:4*w]
			for x, l := range luma {
				d := dst[4*x : 4*x+4 : 4*x+4]
				d[0], d[1], d[2] = ycbcrToRGB(int32(l), int32(u[x]), int32(v[x]))
				d[3] = 255
			}
		}
	})
	return out
}

// An upsampler gives a component's rows at the picture's resolution.
type upsampler struct {
	pix           []uint8
	stride        int
	width, height int // of the component
	h, v          int // pixels for one sample, in either direction
	sums          []int32
	out           []uint8
}

func newUpsampler(pix []uint8, stride int, size image.Point, h, v int) *upsampler {
	return &upsampler{pix, stride, size.X, size.Y, h, v, make([]int32, size.X), make([]uint8, size.X*h)}
}

// row is what belongs to row y of the picture; valid until the next call.
func (u *upsampler) row(y int) []uint8 {
	near := u.pix[y/u.v*u.stride:][:u.width]
	far := near
	if u.v == 2 {
		far = u.pix[min(max(y/2-1+y%2*2, 0), u.height-1)*u.stride:][:u.width]
	}
	switch {
	case u.h == 1 && u.v == 1:
		return near
	case u.h == 1 && u.v == 2:
		for x := range u.out {
			u.out[x] = uint8((3*int32(near[x]) + int32(far[x]) + 1 + int32(y%2)) >> 2)
		}
	case u.h == 2 && u.v == 1 && u.width > 2:
		for x := range u.sums {
			u.sums[x] = int32(near[x])
		}
		u.spread(1, 2, 2)
	case u.h == 2 && u.v == 2 && u.width > 2:
		for x := range u.sums {
			u.sums[x] = 3*int32(near[x]) + int32(far[x])
		}
		u.spread(8, 7, 4)
	default:
		for x := range u.out {
			u.out[x] = near[x/u.h]
		}
	}
	return u.out
}

// spread doubles a row: each sample is three parts the nearest, one part the
// next one, rounded by adding left or right before the shift.
func (u *upsampler) spread(left, right int32, shift uint) {
	last := len(u.sums) - 1
	for x, s := range u.sums {
		before, behind := u.sums[max(x-1, 0)], u.sums[min(x+1, last)]
		u.out[2*x] = uint8((3*s + before + left) >> shift)
		u.out[2*x+1] = uint8((3*s + behind + right) >> shift)
	}
}

// ycbcrOf converts opaque RGB to luma and, for each group of pixels that share
// it, chroma of their mean.
func ycbcrOf(m *image.NRGBA, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewYCbCr(image.Rect(0, 0, w, h), ratio)
	fx, fy := samplingFactors(ratio)
	shift := bits.Len(uint(fx*fy)) - 1 // the number of pixels is a power of 2
	half := int32(128<<16+1<<15) << shift
	parallel((h+fy-1)/fy, func(y0, y1 int) {
		rows := make([][]uint8, fy)
		for cy := y0; cy < y1; cy++ {
			for i := range rows {
				y := min(cy*fy+i, h-1)
				rows[i] = m.Pix[y*m.Stride:][:4*w]
				lumaRow(out.Y[y*out.YStride:][:w], rows[i])
			}
			cb, cr := out.Cb[cy*out.CStride:], out.Cr[cy*out.CStride:]
			for cx := range (w + fx - 1) / fx {
				var r, g, b int32
				for _, row := range rows {
					if fx == 2 { // nearly always
						p, q := row[8*cx:8*cx+3], row[min(8*cx+4, 4*w-4):][:3]
						r, g, b = r+int32(p[0])+int32(q[0]), g+int32(p[1])+int32(q[1]), b+int32(p[2])+int32(q[2])
						continue
					}
					for x := cx * fx; x < cx*fx+fx; x++ {
						p := row[4*min(x, w-1):][:3]
						r, g, b = r+int32(p[0]), g+int32(p[1]), b+int32(p[2])
					}
				}
				// Cb = (B - Y) / 1.772 + 128 and Cr = (R - Y) / 1.402 + 128, of the sums.
				cb[cx] = clip16((-11059*r - 21709*g + 32768*b + half) >> shift)
				cr[cx] = clip16((32768*r - 27439*g - 5329*b + half) >> shift)
			}
		}
	})
	return out
}

// lumaRow writes BT.601 luma of a row of NRGBA pixels, rounded as grayRows does.
func lumaRow(dst, src []uint8) {
	for x := range dst {
		p := src[4*x : 4*x+3 : 4*x+3]
		dst[x] = luma8(p[0], p[1], p[2])
	}
}
