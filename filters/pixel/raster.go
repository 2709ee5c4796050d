package pixel

import "image"

// A Raster is the memory of an image whose samples are interleaved, or one plane
// of an image.YCbCr. Its rows can be read and written as floats, for a resampler.
type Raster struct {
	Pix     []uint8
	Stride  int            // bytes from one row to the next
	Samples int            // of a pixel, as stored
	Depth   int            // bits of a sample: 8, or 16 (big-endian)
	Alpha   bool           // the last sample is alpha; if not, a fourth sample is always opaque
	Curve   *TransferCurve // if not nil, floats are amounts of light instead of the stored values
}

// RasterOf returns the memory of an image, which must not be an image.YCbCr.
// Alpha is set if the image has an alpha sample and is not opaque.
func RasterOf(m image.Image) Raster {
	r := StorageOf(m)
	r.Alpha = r.Samples%2 == 0 && (r.Samples == 2 || !Opaque(m))
	return r
}

// StorageOf is RasterOf without a look at the pixels: Alpha is not set.
func StorageOf(m image.Image) Raster {
	switch m := m.(type) {
	case *image.Gray:
		return Raster{Pix: m.Pix, Stride: m.Stride, Samples: 1, Depth: 8}
	case *image.Gray16:
		return Raster{Pix: m.Pix, Stride: m.Stride, Samples: 1, Depth: 16}
	case *GrayAlpha:
		return Raster{Pix: m.Pix, Stride: m.Stride, Samples: 2, Depth: 8}
	case *GrayAlpha16:
		return Raster{Pix: m.Pix, Stride: m.Stride, Samples: 2, Depth: 16}
	case *image.NRGBA:
		return Raster{Pix: m.Pix, Stride: m.Stride, Samples: 4, Depth: 8}
	case *image.NRGBA64:
		return Raster{Pix: m.Pix, Stride: m.Stride, Samples: 4, Depth: 16}
	}
	panic("pixel: RasterOf: an image with another memory layout")
}

// PlaneRaster returns the memory of one plane of 8-bit samples.
func PlaneRaster(pix []uint8, stride int) Raster {
	return Raster{Pix: pix, Stride: stride, Samples: 1, Depth: 8}
}

// New returns a new image of r's type, and its memory.
func (r Raster) New(width, height int) (image.Image, Raster) {
	m := Layout{width, height, r.Samples, r.Depth}.NewImage()
	to := StorageOf(m)
	to.Alpha, to.Curve = r.Alpha, r.Curve
	return m, to
}

// PixelBytes returns the bytes of a pixel in memory.
func (r Raster) PixelBytes() int { return r.Samples * r.Depth / 8 }

// Row returns the memory of row y, which has width pixels.
func (r Raster) Row(y, width int) []uint8 { return r.Pix[y*r.Stride:][:width*r.PixelBytes()] }

// Channels returns how many samples of a pixel Load gives and Store takes: all
// that are stored, except an alpha that is always opaque.
func (r Raster) Channels() int {
	if r.Samples == 4 && !r.Alpha {
		return 3
	}
	return r.Samples
}

// Load converts the samples of row y to floats, from 0 to 255 or 65535. Where
// there is alpha the other samples are premultiplied, so that the colour of a
// transparent pixel counts for nothing.
func (r Raster) Load(y int, dst []float32) {
	r.loadSamples(dst, r.Pix[y*r.Stride:])
	if r.Curve != nil {
		r.Curve.decode(dst, r.Channels(), r.colours())
	}
	if r.Alpha {
		premultiply(dst, r.Samples, r.white())
	}
}

// Store converts floats, as Load gives them, to the samples of row y: no longer
// premultiplied, rounded, clamped. It changes src.
func (r Raster) Store(y int, src []float32) {
	if r.Alpha {
		divideByAlpha(src, r.Samples, r.white())
	}
	if r.Curve != nil {
		r.Curve.encode(src, r.Channels(), r.colours())
	}
	r.storeSamples(r.Pix[y*r.Stride:], src)
}

// colours returns how many of a pixel's Channels are not alpha.
func (r Raster) colours() int {
	if r.Alpha {
		return r.Samples - 1
	}
	return r.Channels()
}

// white returns the largest value of a sample.
func (r Raster) white() float32 { return float32(int(1)<<r.Depth - 1) }

func (r Raster) loadSamples(dst []float32, row []uint8) {
	switch ch := r.Channels(); {
	case r.Depth == 16 && ch == r.Samples:
		row = row[:2*len(dst)]
		for i := range dst {
			dst[i] = float32(uint32(row[2*i])<<8 | uint32(row[2*i+1]))
		}
	case r.Depth == 16:
		for i, j := 0, 0; i < len(dst); i, j = i+ch, j+2*r.Samples {
			for k := range ch {
				dst[i+k] = float32(uint32(row[j+2*k])<<8 | uint32(row[j+2*k+1]))
			}
		}
	case ch == 3:
		for i, j := 0, 0; i < len(dst); i, j = i+3, j+4 {
			s, d := row[j:j+3:j+3], dst[i:i+3:i+3]
			d[0], d[1], d[2] = float32(s[0]), float32(s[1]), float32(s[2])
		}
	default:
		row = row[:len(dst)]
		for i, v := range row {
			dst[i] = float32(v)
		}
	}
}

// storeSamples rounds and clamps.
func (r Raster) storeSamples(row []uint8, src []float32) {
	switch ch := r.Channels(); {
	case r.Depth == 16:
		for i, j := 0, 0; i < len(src); i, j = i+ch, j+2*r.Samples {
			for k := range ch {
				v := uint16(max(0, min(src[i+k]+0.5, 65535)))
				row[j+2*k], row[j+2*k+1] = uint8(v>>8), uint8(v)
			}
			if r.Samples > ch {
				row[j+2*ch], row[j+2*ch+1] = 0xff, 0xff
			}
		}
	case ch == 3:
		for i, j := 0, 0; i < len(src); i, j = i+3, j+4 {
			s, d := src[i:i+3:i+3], row[j:j+4:j+4]
			d[0], d[1], d[2], d[3] = to255(s[0]), to255(s[1]), to255(s[2]), 255
		}
	default:
		row = row[:len(src)]
		for i, v := range src {
			row[i] = to255(v)
		}
	}
}

// to255 rounds and clamps to 8 bits.
func to255(v float32) uint8 {
	i := int32(v + 0.5)
	if uint32(i) > 255 {
		return uint8(^i >> 31) // 0 below, 255 above
	}
	return uint8(i)
}
