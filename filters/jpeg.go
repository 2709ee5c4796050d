package filters

import (
	"bytes"
	"fmt"
	"image"
	"io"

	"imgpipe/filters/jpegdct"
)

// defaultQuality is that of a JPEG made from something else.
const defaultQuality = 90

func decodeJPEG(data []byte, l Limits) (*Picture, error) {
	j, err := jpegdct.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if err := l.check(j.Header().Width, j.Header().Height, 1); err != nil {
		return nil, err
	}
	return readJPEG(j, l, 8)
}

// readJPEG decodes a JPEG at eighths / 8 of its size, rounded up.
func readJPEG(j *jpegdct.Reader, l Limits, eighths int) (*Picture, error) {
	planes, err := j.Decode(jpegdct.DecodeOptions{Scale: eighths, Allow: l.allow})
	if err != nil {
		return nil, err
	}
	m, err := imageOf(planes)
	if err != nil {
		return nil, err
	}
	h := j.Header()
	p := still(m, jpegMetadata(h))
	p.Format = JPEG
	if y, ok := m.(*image.YCbCr); ok {
		p.Meta.sampling = &y.SubsampleRatio
	}
	p.Frames[0].full, p.Frames[0].eighths = image.Pt(h.Width, h.Height), eighths
	if planes.ColorSpace == jpegdct.CMYK || planes.ColorSpace == jpegdct.YCCK {
		p.Meta.ICC = nil // it describes inks, and the pixels are RGB now
	}
	return p, nil
}

// imageOf makes an image of a JPEG's components; without copying, where the
// standard library knows their sampling.
func imageOf(p *jpegdct.Planes) (image.Image, error) {
	r := image.Rect(0, 0, p.Width, p.Height)
	c := p.Planes
	switch p.ColorSpace {
	case jpegdct.Gray:
		return &image.Gray{Pix: c[0].Pix, Stride: c[0].Stride, Rect: r}, nil
	case jpegdct.YCbCr:
		if ratio, ok := subsampleRatio(c); ok {
			return &image.YCbCr{Y: c[0].Pix, Cb: c[1].Pix, Cr: c[2].Pix, YStride: c[0].Stride, CStride: c[1].Stride, SubsampleRatio: ratio, Rect: r}, nil
		}
		full := upsample(p)
		return &image.YCbCr{Y: full[0], Cb: full[1], Cr: full[2], YStride: p.Width, CStride: p.Width, SubsampleRatio: image.YCbCrSubsampleRatio444, Rect: r}, nil
	case jpegdct.RGB:
		return mergeRGB(p), nil
	case jpegdct.CMYK, jpegdct.YCCK:
		return mergeInks(p), nil
	}
	return nil, fmt.Errorf("%d components of no known colours", len(c))
}

// subsampleRatio is how the standard library calls the sampling of three
// components.
func subsampleRatio(c []jpegdct.Plane) (image.YCbCrSubsampleRatio, bool) {
	if c[1].H != c[2].H || c[1].V != c[2].V || c[1].Stride != c[2].Stride || c[0].H%c[1].H != 0 || c[0].V%c[1].V != 0 {
		return 0, false
	}
	for ratio := image.YCbCrSubsampleRatio444; ratio <= image.YCbCrSubsampleRatio410; ratio++ {
		if h, v := samplingFactors(ratio); h == c[0].H/c[1].H && v == c[0].V/c[1].V {
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
		parallel(p.Height, func(y0, y1 int) {
			u := newUpsampler(c.Pix, c.Stride, image.Pt(c.Width, c.Height), hMax/c.H, vMax/c.V)
			for y := y0; y < y1; y++ {
				dst := full[i][y*p.Width:][:p.Width]
				if hMax%c.H == 0 && vMax%c.V == 0 {
					copy(dst, u.row(y))
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

func mergeRGB(p *jpegdct.Planes) *image.NRGBA {
	c := upsample(p)
	out := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	parallel(p.Height, func(y0, y1 int) {
		for i := y0 * p.Width; i < y1*p.Width; i++ {
			d := out.Pix[4*i : 4*i+4 : 4*i+4]
			d[0], d[1], d[2], d[3] = c[0][i], c[1][i], c[2][i], 255
		}
	})
	return out
}

// mergeInks makes RGB of CMYK and YCCK without regard to the inks' profile, as
// libjpeg's users do: each of C, M and Y takes its part of what K leaves.
func mergeInks(p *jpegdct.Planes) *image.NRGBA {
	c := upsample(p)
	out := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	parallel(p.Height, func(y0, y1 int) {
		for i := y0 * p.Width; i < y1*p.Width; i++ {
			v := [4]uint32{uint32(c[0][i]), uint32(c[1][i]), uint32(c[2][i]), uint32(c[3][i])}
			if p.ColorSpace == jpegdct.YCCK {
				// T.872, section 6.5.3: what was coded is 255 - C, 255 - M and 255 - Y.
				r, g, b := ycbcrToRGB(int32(v[0]), int32(v[1]), int32(v[2]))
				v[0], v[1], v[2] = 255-uint32(r), 255-uint32(g), 255-uint32(b)
			}
			if !p.Adobe {
				v = [4]uint32{255 - v[0], 255 - v[1], 255 - v[2], 255 - v[3]}
			}
			for k := range 3 { // inverted: 255 is no ink
				out.Pix[4*i+k] = uint8((v[k]*v[3] + 127) / 255)
			}
			out.Pix[4*i+3] = 255
		}
	})
	return out
}

func encodeJPEG(w io.Writer, p *Picture, o Options) error {
	planes := planesOf(flatten(to8(p.Frames[0].Image)), p.Meta.sampling)
	quality := o.Quality
	if quality == 0 {
		quality = defaultQuality
		for i := range planes.Planes {
			planes.Planes[i].Quant = p.Meta.tables[min(i, 1)]
		}
	}
	return jpegdct.Encode(w, planes, jpegdct.EncodeOptions{Quality: quality, JFIF: p.Meta.Density.jfif(), Segments: p.Meta.jpegSegments()})
}

// planesOf takes an image of at most 8 bits, without alpha, apart. Chroma that
// is made here, of RGB, has the given sampling; if that's nil, half the luma's
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
		return planesOf(ycbcrOf(m, ratio), nil)
	case *image.YCbCr:
		h, v := samplingFactors(m.SubsampleRatio)
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
