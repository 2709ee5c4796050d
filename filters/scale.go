package filters

import (
	"image"
	"sort"
	"strings"

	"github.com/disintegration/imaging"

	"imgpipe/filters/resample"
)

// Scale changes a picture's size. The zero value halves it.
type Scale struct {
	Factor    Factor // used if Size is zero
	Size      Size
	NoEnlarge bool   // leave a picture as it is rather than make it larger
	Kernel    string // one of Kernels; empty: lanczos
	Linear    bool   // in linear light, by sRGB's curve whatever the profile says, rather than the values as they are
}

// kernels are the resampling filters by the names that users write.
var kernels = map[string]*imaging.ResampleFilter{
	"nearest":    &imaging.NearestNeighbor,
	"box":        &imaging.Box,
	"linear":     &imaging.Linear,
	"hermite":    &imaging.Hermite,
	"mitchell":   &imaging.MitchellNetravali,
	"catmullrom": &imaging.CatmullRom,
	"bspline":    &imaging.BSpline,
	"gaussian":   &imaging.Gaussian,
	"bartlett":   &imaging.Bartlett,
	"lanczos":    &imaging.Lanczos,
	"hann":       &imaging.Hann,
	"hamming":    &imaging.Hamming,
	"blackman":   &imaging.Blackman,
	"welch":      &imaging.Welch,
	"cosine":     &imaging.Cosine,
}

// Kernels lists the names that Scale.Kernel knows.
func Kernels() []string {
	var names []string
	for name := range kernels {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Apply scales every frame of p. Sizes are those of the picture as it's seen:
// for one stored sideways, width and height change places.
func (s Scale) Apply(p *Picture, l Limits) error {
	plans := make([]plan, len(p.Frames))
	for i, f := range p.Frames {
		size := f.size()
		plans[i] = s.plan(size.X, size.Y, p.metaOf(i).Orientation >= 5)
		if err := l.check(plans[i].width, plans[i].height, len(p.Frames)); err != nil {
			return err
		}
	}
	kernel := kernels[strings.ToLower(s.Kernel)]
	if kernel == nil {
		kernel = &imaging.Lanczos
	}
	need := int64(0)
	for i, f := range p.Frames {
		need += cost(f.Image, plans[i], *kernel, s.Linear)
	}
	if err := l.allow(need); err != nil {
		return err
	}
	for i, f := range p.Frames {
		p.Frames[i] = Frame{Image: scaleImage(f.Image, plans[i].reduced(f.eighths), *kernel, s.Linear), Delay: f.Delay, meta: f.meta}
		p.metaOf(i).setSize(plans[i].width, plans[i].height)
	}
	return nil
}

// cost is about what it takes, in bytes, to have an image and what a plan makes
// of it.
func cost(m image.Image, p plan, kernel imaging.ResampleFilter, linear bool) int64 {
	b := m.Bounds()
	size := pixelSize(m)
	if _, ok := m.(*image.YCbCr); ok && linear {
		size += 4 // as RGB, besides
	}
	pixels := int64(b.Dx())*int64(b.Dy()) + int64(p.width)*int64(p.height)
	return pixels*size + resample.Cost(b.Dx(), p.width, p.height, p.window, kernel)
}

// A plan is what happens to one image: which part of it becomes how many
// pixels.
type plan struct {
	window        resample.Window
	width, height int
}

// wholeTo is the plan that makes all of w x h pixels into outW x outH.
func wholeTo(w, h, outW, outH int) plan {
	return plan{resample.Window{Width: float64(w), Height: float64(h)}, outW, outH}
}

// plan computes sizes for stored pixels of w x h.
func (s Scale) plan(w, h int, sideways bool) plan {
	whole := wholeTo(w, h, w, h)
	scaled := whole
	if s.Size == (Size{}) {
		f := s.Factor.orHalf()
		scaled.width, scaled.height = f.of(w), f.of(h)
	} else {
		size := s.Size
		if sideways {
			size.Width, size.Height = size.Height, size.Width
		}
		scaled = size.plan(whole)
	}
	if s.NoEnlarge && (scaled.width > w || scaled.height > h) {
		if s.Size.Mode != Fill {
			return whole
		}
		// Cropped all the same, at the size it has.
		scaled.width, scaled.height = int(scaled.window.Width+0.5), int(scaled.window.Height+0.5)
	}
	return scaled
}

// reduced is the plan for a picture that was decoded at eighths / 8 of its size;
// 0 is 8. Its last column and row may lie partly outside of the window.
func (p plan) reduced(eighths int) plan {
	if eighths != 0 {
		f := float64(eighths) / 8
		p.window = resample.Window{X: p.window.X * f, Y: p.window.Y * f, Width: p.window.Width * f, Height: p.window.Height * f}
	}
	return p
}

// scaleImage makes an image of the same type from the window that the plan
// says; in linear light, RGB of luma and chroma.
func scaleImage(m image.Image, p plan, kernel imaging.ResampleFilter, linear bool) image.Image {
	b := m.Bounds()
	if p == wholeTo(b.Dx(), b.Dy(), b.Dx(), b.Dy()) {
		return m
	}
	if y, ok := m.(*image.YCbCr); ok && !linear {
		return scaleYCbCr(y, p, kernel)
	}
	from := rasterOf(toRGB(m))
	if linear {
		from.light = lights[from.depth]()
	}
	out, to := from.blank(p.width, p.height)
	scaleSamples(to, from, b, p, kernel)
	return out
}

// scaleYCbCr scales luma and chroma as they are, each at its own resolution.
func scaleYCbCr(m *image.YCbCr, p plan, kernel imaging.ResampleFilter) *image.YCbCr {
	out := image.NewYCbCr(image.Rect(0, 0, p.width, p.height), m.SubsampleRatio)
	scaleSamples(raster{pix: out.Y, stride: out.YStride, size: 1, depth: 8}, raster{pix: m.Y, stride: m.YStride, size: 1, depth: 8}, m.Rect, p, kernel)

	// A chroma sample covers h x v pixels also at the right and the bottom edge,
	// where some of them lie outside. So the window that the last one ends is
	// larger than the picture's.
	h, v := samplingFactors(m.SubsampleRatio)
	chroma := plan{width: (p.width + h - 1) / h, height: (p.height + v - 1) / v}
	chroma.window = resample.Window{
		X: p.window.X / float64(h), Width: float64(chroma.width) * p.window.Width / float64(p.width),
		Y: p.window.Y / float64(v), Height: float64(chroma.height) * p.window.Height / float64(p.height),
	}
	from := image.Rect(0, 0, (m.Rect.Dx()+h-1)/h, (m.Rect.Dy()+v-1)/v)
	scaleSamples(raster{pix: out.Cb, stride: out.CStride, size: 1, depth: 8}, raster{pix: m.Cb, stride: m.CStride, size: 1, depth: 8}, from, chroma, kernel)
	scaleSamples(raster{pix: out.Cr, stride: out.CStride, size: 1, depth: 8}, raster{pix: m.Cr, stride: m.CStride, size: 1, depth: 8}, from, chroma, kernel)
	return out
}

// samplingFactors says how many luma samples share one chroma sample,
// horizontally and vertically.
func samplingFactors(r image.YCbCrSubsampleRatio) (h, v int) {
	switch r {
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	case image.YCbCrSubsampleRatio411:
		return 4, 1
	case image.YCbCrSubsampleRatio410:
		return 4, 2
	}
	return 1, 1
}
