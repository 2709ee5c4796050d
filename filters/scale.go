package filters

import (
	"image"

	"github.com/disintegration/imaging"

	"imgpipe/filters/codec"
	"imgpipe/filters/pixel"
	"imgpipe/filters/resample"
)

// Scale changes a picture's size. The zero value halves it.
type Scale struct {
	Factor    Factor // used if Size is zero
	Size      Size
	NoEnlarge bool   // leave a picture as it is rather than enlarge it
	Kernel    string // one of Kernels; empty means lanczos
	Linear    bool   // scale amounts of light instead of the stored values; always by sRGB's curve, not by the profile's

	fullChroma bool // luma and chroma become equal in size
}

// Apply scales every frame of p. Width and height are meant as the picture is
// seen: they change places for a picture that is stored sideways.
func (s Scale) Apply(p *codec.Picture, l codec.Limits) error {
	plans := make([]plan, len(p.Frames))
	for i := range p.Frames {
		f := &p.Frames[i]
		plans[i] = s.plan(f.Size(), f.Meta.Orientation >= 5)
		if err := l.CheckSize(plans[i].width, plans[i].height, len(p.Frames)); err != nil {
			return err
		}
	}
	kernel, err := kernelByName(s.Kernel)
	if err != nil {
		return err
	}
	need := int64(0)
	for i, f := range p.Frames {
		need += s.cost(f.Image, plans[i], kernel)
	}
	if err := l.CheckMemory(need); err != nil {
		return err
	}
	var source, scaled image.Image // of the last frame: an animation's frames may share an image
	for i := range p.Frames {
		f := &p.Frames[i]
		if f.Image != source || plans[i] != plans[i-1] {
			source, scaled = f.Image, s.scaleImage(f.Image, plans[i].reduced(f.Eighths()), kernel)
		}
		f.SetImage(scaled)
	}
	return nil
}

// cost is about how many bytes an image and what a plan makes of it take.
func (s Scale) cost(m image.Image, p plan, kernel imaging.ResampleFilter) int64 {
	b := m.Bounds()
	size := pixel.BytesPerPixel(m)
	if _, ok := m.(*image.YCbCr); ok && s.Linear {
		size += 4 // as RGB, besides
	}
	pixels := int64(b.Dx())*int64(b.Dy()) + int64(p.width)*int64(p.height)
	return pixels*size + resample.Cost(b.Dx(), p.width, p.height, p.window, kernel)
}

// scaleImage makes an image of the same type from the plan's window. In linear
// light, luma and chroma become RGB.
func (s Scale) scaleImage(m image.Image, p plan, kernel imaging.ResampleFilter) image.Image {
	size := m.Bounds().Size()
	if p == keepSize(size) {
		return m
	}
	if y, ok := m.(*image.YCbCr); ok && !s.Linear {
		ratio := y.SubsampleRatio
		if s.fullChroma {
			ratio = image.YCbCrSubsampleRatio444
		}
		return scaleYCbCr(y, p, kernel, ratio)
	}
	from := pixel.RasterOf(pixel.ToRGB(m))
	if s.Linear {
		from.Curve = pixel.SRGB(from.Depth)
	}
	out, to := from.New(p.width, p.height)
	scaleRaster(to, from, size, p, kernel)
	return out
}

// scaleYCbCr scales luma and chroma as they are, each from its own resolution. The result
// has the given subsampling.
func scaleYCbCr(m *image.YCbCr, p plan, kernel imaging.ResampleFilter, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	out := image.NewYCbCr(image.Rect(0, 0, p.width, p.height), ratio)
	scaleRaster(pixel.PlaneRaster(out.Y, out.YStride), pixel.PlaneRaster(m.Y, m.YStride), m.Rect.Size(), p, kernel)

	// A chroma sample covers h x v pixels also at the right and the bottom edge,
	// where some of them lie outside. So the chroma's window may be larger than the
	// luma's.
	h, v := pixel.SamplingFactors(m.SubsampleRatio)
	outH, outV := pixel.SamplingFactors(ratio)
	chroma := plan{width: (p.width + outH - 1) / outH, height: (p.height + outV - 1) / outV}
	chroma.window = resample.Window{
		X: p.window.X / float64(h), Width: float64(chroma.width*outH) / float64(h) * p.window.Width / float64(p.width),
		Y: p.window.Y / float64(v), Height: float64(chroma.height*outV) / float64(v) * p.window.Height / float64(p.height),
	}
	size := image.Pt((m.Rect.Dx()+h-1)/h, (m.Rect.Dy()+v-1)/v)
	scaleRaster(pixel.PlaneRaster(out.Cb, out.CStride), pixel.PlaneRaster(m.Cb, m.CStride), size, chroma, kernel)
	scaleRaster(pixel.PlaneRaster(out.Cr, out.CStride), pixel.PlaneRaster(m.Cr, m.CStride), size, chroma, kernel)
	return out
}

// scaleRaster makes dst from the plan's window of src, which has the given size
// in pixels.
func scaleRaster(dst, src pixel.Raster, size image.Point, p plan, kernel imaging.ResampleFilter) {
	resample.Resize(
		resample.Dest{Width: p.width, Height: p.height, Row: dst.Store},
		resample.Source{Width: size.X, Height: size.Y, Channels: src.Channels(), Row: src.Load},
		p.window, kernel)
}
