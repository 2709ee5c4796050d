package codec

import (
	"fmt"
	"image"

	"imgpipe/filters/jpegdct"
	"imgpipe/filters/pixel"
)

// imageOf makes an image of a JPEG's components; without copying, where the
// standard library knows their sampling. InksToRGB converts rows of CMYK in place, 0
// for no ink, to RGB with an opaque alpha; of other components it may be nil.
func imageOf(p *jpegdct.Planes, inksToRGB func(row []uint8, depth int)) (image.Image, error) {
	r := image.Rect(0, 0, p.Width, p.Height)
	c := p.Planes
	switch p.ColorSpace {
	case jpegdct.UnknownColor: // 2 components
		full := upsample(p)
		return &image.Gray{Pix: full[0], Stride: p.Width, Rect: r}, nil
	case jpegdct.Gray:
		return &image.Gray{Pix: c[0].Pix, Stride: c[0].Stride, Rect: r}, nil
	case jpegdct.YCbCr:
		if ratio, ok := subsampleRatio(c); ok {
			return &image.YCbCr{Y: c[0].Pix, Cb: c[1].Pix, Cr: c[2].Pix, YStride: c[0].Stride, CStride: c[1].Stride, SubsampleRatio: ratio, Rect: r}, nil
		}
		full := upsample(p)
		return &image.YCbCr{Y: full[0], Cb: full[1], Cr: full[2], YStride: p.Width, CStride: p.Width, SubsampleRatio: image.YCbCrSubsampleRatio444, Rect: r}, nil
	case jpegdct.RGB:
		return rgbOf(p), nil
	case jpegdct.CMYK, jpegdct.YCCK:
		return rgbOfInks(p, inksToRGB), nil
	}
	return nil, fmt.Errorf("%w: %d components of unknown colours", jpegdct.ErrUnsupported, len(c))
}

// subsampleRatio returns the standard library's name for the sampling of three
// components; false if it has none.
func subsampleRatio(c []jpegdct.Plane) (image.YCbCrSubsampleRatio, bool) {
	if c[1].H != c[2].H || c[1].V != c[2].V || c[1].Stride != c[2].Stride || c[0].H%c[1].H != 0 || c[0].V%c[1].V != 0 {
		return 0, false
	}
	for ratio := image.YCbCrSubsampleRatio444; ratio <= image.YCbCrSubsampleRatio410; ratio++ {
		if h, v := pixel.SamplingFactors(ratio); h == c[0].H/c[1].H && v == c[0].V/c[1].V {
			return ratio, true
		}
	}
	return 0, false
}

// upsample brings all components to the picture's size.
func upsample(p *jpegdct.Planes) [][]uint8 {
	hMax, vMax := 1, 1
	for _, c := range p.Planes {
		hMax, vMax = max(hMax, c.H), max(vMax, c.V)
	}
	full := make([][]uint8, len(p.Planes))
	for i, c := range p.Planes {
		if c.H == hMax && c.V == vMax && c.Stride == p.Width {
			full[i] = c.Pix
			continue
		}
		full[i] = make([]uint8, p.Width*p.Height)
		pixel.Parallel(p.Height, func(y0, y1 int) {
			u := pixel.NewUpsampler(c.Pix, c.Stride, image.Pt(c.Width, c.Height), hMax/c.H, vMax/c.V)
			for y := y0; y < y1; y++ {
				dst := full[i][y*p.Width:][:p.Width]
				if hMax%c.H == 0 && vMax%c.V == 0 {
					copy(dst, u.Row(y))
					continue
				}
				src := c.Pix[min(y*c.V/vMax, c.Height-1)*c.Stride:] // 2 samples for 3 pixels
				for x := range dst {
					dst[x] = src[min(x*c.H/hMax, c.Width-1)]
				}
			}
		})
	}
	return full
}

func rgbOf(p *jpegdct.Planes) *image.NRGBA {
	c := upsample(p)
	out := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	pixel.Parallel(p.Height, func(y0, y1 int) {
		for i := y0 * p.Width; i < y1*p.Width; i++ {
			d := out.Pix[4*i : 4*i+4 : 4*i+4]
			d[0], d[1], d[2], d[3] = c[0][i], c[1][i], c[2][i], 255
		}
	})
	return out
}

// rgbOfInks converts CMYK and YCCK. Inks are stored inverted, 255 for no ink, with an
// Adobe segment or without: Photoshop did so first, and other decoders rely on it.
func rgbOfInks(p *jpegdct.Planes, inksToRGB func(row []uint8, depth int)) *image.NRGBA {
	planes := upsample(p)
	out := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	pixel.Parallel(p.Height, func(y0, y1 int) {
		for i := y0 * p.Width; i < y1*p.Width; i++ {
			c, m, y, k := planes[0][i], planes[1][i], planes[2][i], planes[3][i]
			if p.ColorSpace == jpegdct.YCCK {
				// T.872, section 6.5.3: what was coded is 255 - C, 255 - M and 255 - Y.
				r, g, b := pixel.YCbCrToRGB(int32(c), int32(m), int32(y))
				c, m, y = 255-r, 255-g, 255-b
			}
			d := out.Pix[4*i : 4*i+4 : 4*i+4]
			d[0], d[1], d[2], d[3] = 255-c, 255-m, 255-y, 255-k
		}
		inksToRGB(out.Pix[4*y0*p.Width:4*y1*p.Width], 8)
	})
	return out
}

// planesOf returns the components of an image of at most 8 bits, without alpha.
// RGB becomes YCbCr with the given sampling; nil means chroma of half the luma's
// size in both directions, as most programs write it.
func planesOf(m image.Image, sampling *image.YCbCrSubsampleRatio) *jpegdct.Planes {
	b := m.Bounds()
	p := &jpegdct.Planes{Width: b.Dx(), Height: b.Dy()}
	switch m := m.(type) {
	case *image.Gray:
		p.ColorSpace = jpegdct.Gray
		p.Planes = []jpegdct.Plane{{Width: b.Dx(), Height: b.Dy(), Stride: m.Stride, Pix: m.Pix, H: 1, V: 1}}
	case *image.NRGBA:
		ratio := image.YCbCrSubsampleRatio420
		if sampling != nil {
			ratio = *sampling
		}
		return planesOf(pixel.ToYCbCr(m, ratio), nil)
	case *image.YCbCr:
		h, v := pixel.SamplingFactors(m.SubsampleRatio)
		w2, h2 := (b.Dx()+h-1)/h, (b.Dy()+v-1)/v
		p.ColorSpace = jpegdct.YCbCr
		p.Planes = []jpegdct.Plane{
			{Width: b.Dx(), Height: b.Dy(), Stride: m.YStride, Pix: m.Y, H: h, V: v},
			{Width: w2, Height: h2, Stride: m.CStride, Pix: m.Cb, H: 1, V: 1},
			{Width: w2, Height: h2, Stride: m.CStride, Pix: m.Cr, H: 1, V: 1},
		}
	}
	return p
}
