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
	stride int    // bytes from one row to the next
	size   int    // samples of a pixel, as stored
	depth  int    // bits of a sample: 8, or 16 (big-endian)
	alpha  bool   // the last sample is alpha; if not, a fourth one is opaque and not scaled
	light  *light // scale amounts of light; nil: the values as they are
}

// rasterOf is a Frame's image, if it isn't an image.YCbCr. It's taken to have
// alpha if it has a place for it and isn't opaque.
func rasterOf(m image.Image) raster {
	switch m := m.(type) {
	case *image.Gray:
		return raster{pix: m.Pix, stride: m.Stride, size: 1, depth: 8}
	case *image.Gray16:
		return raster{pix: m.Pix, stride: m.Stride, size: 1, depth: 16}
	case *GrayAlpha:
		return raster{pix: m.Pix, stride: m.Stride, size: 2, depth: 8, alpha: true}
	case *GrayAlpha16:
		return raster{pix: m.Pix, stride: m.Stride, size: 2, depth: 16, alpha: true}
	case *image.NRGBA:
		return raster{pix: m.Pix, stride: m.Stride, size: 4, depth: 8, alpha: !opaque(m)}
	case *image.NRGBA64:
		return raster{pix: m.Pix, stride: m.Stride, size: 4, depth: 16, alpha: !opaque(m)}
	}
	panic("filters: rasterOf: not a frame's image")
}

// blank is a new image of r's type.
func (r raster) blank(width, height int) (image.Image, raster) {
	m, _ := rowForm{image.Pt(width, height), r.size, r.depth}.image()
	to := rasterOf(m)
	to.alpha, to.light = r.alpha, r.light
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
	case r.depth == 16 && ch == r.size:
		row = row[:2*len(dst)]
		for i := range dst {
			dst[i] = float32(uint32(row[2*i])<<8 | uint32(row[2*i+1]))
		}
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
	if r.light != nil {
		r.light.decode(dst, r.channels(), r.colours())
	}
	switch {
	case r.alpha && r.size == 4:
		for i := 0; i < len(dst); i += 4 {
			p := dst[i : i+4 : i+4]
			a := p[3] / r.max()
			p[0], p[1], p[2] = p[0]*a, p[1]*a, p[2]*a
		}
	case r.alpha:
		for i := 0; i < len(dst); i += 2 {
			dst[i] *= dst[i+1] / r.max()
		}
	}
}

// colours is how many samples of a pixel aren't alpha.
func (r raster) colours() int {
	if r.alpha {
		return r.size - 1
	}
	return r.channels()
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
	if r.light != nil {
		r.light.encode(src, r.channels(), r.colours())
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
