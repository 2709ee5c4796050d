package tiff

import (
	"image"

	xtiff "golang.org/x/image/tiff"

	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

// A storage is how a page's samples are stored.
type storage struct {
	subfile     int
	compression int
	photometric int
	bits        int // of each sample
	samples     int // of a pixel
	extra       int // what the sample behind the colours is
	planes      bool
}

// storageOf reads it from a page's IFD.
func storageOf(t meta.TIFF, ifd int) storage {
	s := storage{bits: 1, samples: 1}
	for e := range t.Entries(ifd) {
		switch e.Tag() {
		case tagSubfile:
			s.subfile = e.Int()
		case tagCompression:
			s.compression = e.Int()
		case tagPhotometric:
			s.photometric = e.Int()
		case tagBitsPerSample:
			s.bits = e.Int()
			if at := e.Offset(); e.Count() > 2 && at+2 <= len(t) {
				s.bits = int(t.Order().Uint16(t[at:]))
			}
		case tagSamplesPerPixel:
			s.samples = e.Int()
		case tagExtraSamples:
			s.extra = e.Int()
		case tagPlanar:
			s.planes = e.Int() == planarSeparate
		}
	}
	s.planes = s.planes && s.samples > 1
	return s
}

// foreign tells whether x/image/tiff cannot read the page by itself: it refuses
// CMYK, and misreads planes.
func (s storage) foreign() bool { return s.planes || s.photometric == photometricCMYK }

// isFax tells whether the page is compressed as Group 3 or Group 4 fax.
func (s storage) isFax() bool {
	return s.compression == compressionGroup3 || s.compression == compressionGroup4
}

// check refuses a foreign page that decode cannot read.
func (s storage) check() error {
	colours := 0
	switch s.photometric {
	case photometricGray:
		colours = 1
	case photometricRGB:
		colours = 3
	case photometricCMYK:
		colours = 4
	}
	alpha := s.extra == extraAssociated || s.extra == extraUnassociated
	if s.bits != 8 && s.bits != 16 || colours == 0 || s.samples != colours && !(s.samples == colours+1 && colours < 4 && alpha) {
		return unsupported("%d samples of %d bits with photometric interpretation %d", s.samples, s.bits, s.photometric)
	}
	return nil
}

// decode reads a foreign page.
func (s storage) decode(t meta.TIFF, ifd int) (image.Image, error) {
	m, err := s.decodeSamples(t, ifd)
	if err != nil {
		return nil, err
	}
	r := pixel.RasterOf(m)
	for y := range m.Bounds().Dy() {
		row := r.Row(y, m.Bounds().Dx())
		switch {
		case s.photometric == photometricCMYK:
			pixel.CMYKRowToRGB(row, s.bits)
		case s.extra == extraAssociated && s.samples == r.Samples && r.Samples%2 == 0:
			pixel.Unpremultiply(row, r.Samples, r.Depth)
		}
	}
	return m, nil
}

// decodeSamples reads a page's samples, as they are stored, into an image with as
// many samples.
func (s storage) decodeSamples(t meta.TIFF, ifd int) (image.Image, error) {
	if !s.planes {
		source := s.view(t, ifd, 0)
		m, err := xtiff.Decode(source)
		return m, explain(err, source)
	}
	var out image.Image
	var to pixel.Raster
	for k := range s.samples {
		source := s.view(t, ifd, k)
		plane, err := xtiff.Decode(source)
		if err != nil {
			return nil, explain(err, source)
		}
		size, from := plane.Bounds().Size(), pixel.RasterOf(plane)
		if k == 0 {
			out = pixel.Layout{Width: size.X, Height: size.Y, Channels: s.samples, Depth: s.bits}.NewImage()
			to = pixel.RasterOf(out)
		}
		n := s.bits / 8
		for y := range size.Y {
			dst, src := to.Row(y, size.X), from.Row(y, size.X)
			for x := range size.X {
				p := dst[x*to.PixelBytes():]
				copy(p[k*n:][:n], src[x*n:])
				if s.samples == 3 && k == 0 {
					copy(p[3*n:][:n], "\xff\xff") // the alpha
				}
			}
		}
	}
	return out, nil
}

// view returns the file as x/image/tiff has to see it to read a foreign page:
// with RGB and alpha for CMYK, with gray for plane k.
func (s storage) view(t meta.TIFF, ifd, k int) *view {
	if !s.planes {
		return viewWith(t, ifd, map[uint16]int{tagPhotometric: photometricRGB, tagExtraSamples: extraUnassociated}, nil)
	}
	numbers := map[uint16]int{tagPhotometric: photometricGray, tagBitsPerSample: s.bits, tagSamplesPerPixel: 1, tagPlanar: 1}
	return viewWith(t, ifd, numbers, func(n int) (first, count int) { return k * (n / s.samples), n / s.samples })
}
