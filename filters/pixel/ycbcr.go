package pixel

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

// YCbCrToRGB converts a pixel of full range, 0 to 255.
func YCbCrToRGB(y, cb, cr int32) (r, g, b uint8) {
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

// ToRGB converts an image.YCbCr of full range, as JPEG has it, to an
// image.NRGBA. Any other image is returned as it is: gray stays gray.
func ToRGB(m image.Image) image.Image {
	if y, ok := m.(*image.YCbCr); ok {
		return ycbcrToNRGBA(y)
	}
	return m
}

func ycbcrToNRGBA(m *image.YCbCr) *image.NRGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	Parallel(h, func(y0, y1 int) {
		fx, fy := SamplingFactors(m.SubsampleRatio)
		size := image.Pt((w+fx-1)/fx, (h+fy-1)/fy)
		cb, cr := NewUpsampler(m.Cb, m.CStride, size, fx, fy), NewUpsampler(m.Cr, m.CStride, size, fx, fy)
		for y := y0; y < y1; y++ {
			luma, u, v := m.Y[y*m.YStride:][:w], cb.Row(y)[:w], cr.Row(y)[:w]
			dst := out.Pix[y*out.Stride:][:4*w]
			for x, l := range luma {
				d := dst[4*x : 4*x+4 : 4*x+4]
				d[0], d[1], d[2] = YCbCrToRGB(int32(l), int32(u[x]), int32(v[x]))
				d[3] = 255
			}
		}
	})
	return out
}

// ToYCbCr converts opaque RGB to luma and chroma of the given sampling. A chroma
// sample is computed from the mean of the pixels that share it.
func ToYCbCr(m *image.NRGBA, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewYCbCr(image.Rect(0, 0, w, h), ratio)
	fx, fy := SamplingFactors(ratio)
	shift := bits.Len(uint(fx*fy)) - 1 // the number of pixels is a power of 2
	half := int32(128<<16+1<<15) << shift
	Parallel((h+fy-1)/fy, func(y0, y1 int) {
		rows := make([][]uint8, fy)
		for cy := y0; cy < y1; cy++ {
			for i := range rows {
				y := min(cy*fy+i, h-1)
				rows[i] = m.Pix[y*m.Stride:][:4*w]
				lumaRow(out.Y[y*out.YStride:][:w], rows[i], 1)
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
