// Package pixel holds images in memory and converts them: gray with alpha,
// layouts of samples, depths, luma and chroma, CMYK, palettes, transparency and
// orientation. It knows no file format.
//
// An image has one of these types, with bounds that begin at (0, 0):
// *image.Gray, *image.Gray16, *GrayAlpha, *GrayAlpha16, *image.NRGBA,
// *image.NRGBA64, *image.YCbCr. Canonical makes one of these of any other. Alpha
// is not premultiplied, and samples of 16 bits are big-endian.
//
// # Where to find what
//
// Images in memory:
//
//	raster.go       Raster: the memory of an image, and its rows as floats
//	grayalpha.go    GrayAlpha, GrayAlpha16
//	layout.go       Layout, Rows: samples as files have them
//	packed.go       gray of fewer than 8 bits
//
// Conversions:
//
//	gray.go         to gray
//	depth.go        to 8 bits
//	ycbcr.go        from luma and chroma; studio.go from those of VP8
//	upsample.go     chroma that is stored smaller than luma
//	cmyk.go         from inks
//	palette.go      from a palette
//	flatten.go      alpha: on white; opaque.go tells whether there is any, premultiply.go is for scaling
//	transfer.go     to light, and back
//	orient.go       turned upright
//
// To a palette:
//
//	colourcount.go  how often each colour occurs
//	mediancut.go    the most useful colours
//	nearest.go      the nearest of them
//	quantise.go     Palette
package pixel

import (
	"image"
	"image/color"
	"image/draw"
	"runtime"
	"sync"
)

// BytesPerPixel returns how many bytes a pixel of an image takes at most.
func BytesPerPixel(m image.Image) int64 {
	switch m.(type) {
	case *image.Gray:
		return 1
	case *image.Gray16, *GrayAlpha:
		return 2
	case *image.YCbCr:
		return 3
	case *image.NRGBA64:
		return 8
	}
	return 4
}

// Canonical converts what decoders make to one of the package's image types,
// without losing depth.
func Canonical(m image.Image) image.Image {
	r := image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy())
	switch m := m.(type) {
	case *image.Gray, *image.Gray16, *GrayAlpha, *GrayAlpha16, *image.NRGBA, *image.NRGBA64, *image.YCbCr:
		return m
	case *image.RGBA:
		if m.Opaque() {
			return &image.NRGBA{Pix: m.Pix, Stride: m.Stride, Rect: r}
		}
	case *image.RGBA64:
		if m.Opaque() {
			return &image.NRGBA64{Pix: m.Pix, Stride: m.Stride, Rect: r}
		}
		return draw64(m)
	case *image.Paletted:
		return lookUp(m)
	default:
		if _, deep := m.At(m.Bounds().Min.X, m.Bounds().Min.Y).(color.RGBA64); deep {
			return draw64(m)
		}
	}
	out := image.NewNRGBA(r)
	draw.Draw(out, r, m, m.Bounds().Min, draw.Src)
	return out
}

func draw64(m image.Image) image.Image {
	out := image.NewNRGBA64(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Src)
	return out
}

// Parallel divides rows 0 to n-1 into bands, at most one for each processor, calls f for all
// bands at once, each from row y0 up to but not including y1, and waits until all calls have
// returned.
func Parallel(n int, f func(y0, y1 int)) {
	bands := max(1, min(runtime.GOMAXPROCS(0), n/64))
	var wg sync.WaitGroup
	for i := range bands {
		wg.Go(func() { f(i*n/bands, (i+1)*n/bands) })
	}
	wg.Wait()
}
