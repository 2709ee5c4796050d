package filters

import (
	"image"

	"github.com/disintegration/imaging"

	"imgpipe/filters/resample"
)

// A raster is the memory of an image, as the resampler's rows of floats are
// read from it and written to it.
type raster struct {
	pix    []uint8
	stride int  // bytes from one row to the next
	size   int  // samples of a pixel, as stored
	depth  int  // bits of a sample: 8, or 16 (big-endian)
	alpha  bool // the last sample is alpha; if not, a fourth one is opaque and not scaled
}

// rasterOf is a Frame's image, if it isn't an image.YCbCr. It's taken to have
// alpha if it has a place for it and isn't opaque.
func rasterOf(m image.Image) raster {
	switch m := m.(type) {
	case *image.Gray:
		return raster{m.Pix, m.Stride, 1, 8, false}
	case *image.Gray16:
		return raster{m.Pix, m.Stride, 1, 16, false}
	case *GrayAlpha:
		return raster{m.Pix, m.Stride, 2, 8, true}
	case *GrayAlpha16:
		return raster{m.Pix, m.Stride, 2, 16, true}
	case *image.NRGBA:
		return raster{m.Pix, m.Stride, 4, 8, !m.Opaque()}
	case *image.NRGBA64:
		return raster{m.Pix, m.Stride, 4, 16, !m.Opaque()}
	}
	panic("filters: rasterOf: not a frame's image")
}

// blank is a new image of r's type.
func (r raster) blank(width, height int) (image.Image, raster) {
	m, _ := rowForm{image.Pt(width, height), r.size, r.depth}.image()
	to := rasterOf(m)
	to.alpha = r.alpha
	return m, to
}

// pixelBytes is the length of a pixel in memory.
func (r raster) pixelBytes() int { return r.size * r.depth / 8 }

// scaleSamples makes dst from the part of src (which has the given bounds) that
// the plan says.
func scaleSamples(dst, src raster, bounds image.Rectangle, p plan, kernel imaging.ResampleFilter) {
	resample.Resize(
		resample.Dest{Width: p.width, Height: p.height, Row: func(y int, row []float32) {
			dst.write(dst.pix[y*dst.stride:], row)
		}},
		resample.Source{Width: bounds.Dx(), Height: bounds.Dy(), Channels: src.channels(), Row: func(y int, row []float32) {
			src.read(src.pix[y*src.stride:], row)
		}},
		p.window, kernel)
}

// channels is how many samples of a pixel are scaled.
func (r raster) channels() int {
	if r.size == 4 && !r.alpha {
		return 3
	}
	return r.size
}

// read makes floats of a row's samples. Where there is alpha the others are
// premultiplied, so that a transparent pixel's colour counts for nothing.
func (r raster) read(row []uint8, dst []float32) {
	switch ch := r.channels(); {
	case r.depth == 16:
		for i, j := 0, 0; i < len(dst); i, j = i+ch, j+2*r.size {
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
	if r.alpha {
		for i := 0; i < len(dst); i += r.size {
			p := dst[i : i+r.size]
			a := p[len(p)-1] / r.max()
			for k := range p[:len(p)-1] {
				p[k] *= a
			}
		}
	}
}

// write makes samples of a row's floats, which it changes: rounded, clamped,
// no longer premultiplied.
func (r raster) write(row []uint8, src []float32) {
	if r.alpha {
		for i := 0; i < len(src); i += r.size {
			p := src[i : i+r.size]
			if a := p[len(p)-1]; a > 0 {
				for k := range p[:len(p)-1] {
					p[k] *= r.max() / a
				}
			}
		}
	}
	switch ch := r.channels(); {
	case r.depth == 16:
		for i, j := 0, 0; i < len(src); i, j = i+ch, j+2*r.size {
			for k := range ch {
				v := uint16(max(0, min(src[i+k]+0.5, 65535)))
				row[j+2*k], row[j+2*k+1] = uint8(v>>8), uint8(v)
			}
			if r.size > ch {
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

func (r raster) max() float32 { return float32(int(1)<<r.depth - 1) }

func to255(v float32) uint8 {
	i := int32(v + 0.5)
	if uint32(i) > 255 {
		return uint8(^i >> 31) // 0 below, 255 above
	}
	return uint8(i)
}
