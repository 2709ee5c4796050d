package filters

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"math"
	"slices"
	"testing"

	"github.com/disintegration/imaging"
	"golang.org/x/image/tiff"
)

// plainGray makes an image gray by the standard library. Alpha stays as it is.
func plainGray(m image.Image) image.Image {
	return eachPixel(m.Bounds().Dx(), m.Bounds().Dy(), func(x, y int) color.NRGBA64 {
		c := straight(m.At(x, y))
		v := grayValue(m.At(x, y), c)
		return color.NRGBA64{v, v, v, c.A}
	})
}

// grayValue computes luma in the colour's own depth, and widens it to 16 bits.
func grayValue(c color.Color, n color.NRGBA64) uint16 {
	if deep(c) {
		return color.Gray16Model.Convert(color.NRGBA64{n.R, n.G, n.B, 65535}).(color.Gray16).Y
	}
	v := color.GrayModel.Convert(color.NRGBA{uint8(n.R >> 8), uint8(n.G >> 8), uint8(n.B >> 8), 255}).(color.Gray).Y
	return uint16(v) * 257
}

func deep(c color.Color) bool {
	switch c.(type) {
	case color.Gray16, color.NRGBA64, color.RGBA64:
		return true
	}
	return false
}

// straight returns a colour that is not premultiplied.
func straight(c color.Color) color.NRGBA64 {
	if n, ok := c.(color.NRGBA); ok {
		return color.NRGBA64{uint16(n.R) * 257, uint16(n.G) * 257, uint16(n.B) * 257, uint16(n.A) * 257}
	}
	return color.NRGBA64Model.Convert(c).(color.NRGBA64)
}

// plainHalf halves an image by the mean of four pixels, premultiplied. Where a
// side is odd, or the format is lossy, it uses package imaging.
func plainHalf(m image.Image, lossy bool) image.Image {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	switch {
	case lossy: // by exactly a half: the last pixel lies partly outside
		whole := eachPixel(w+w%2, h+h%2, func(x, y int) color.NRGBA64 { return straight(m.At(min(x, w-1), min(y, h-1))) })
		return imaging.Resize(whole, (w+1)/2, (h+1)/2, imaging.Lanczos)
	case w%2+h%2 > 0:
		return imaging.Resize(m, (w+1)/2, (h+1)/2, imaging.Box)
	}
	return eachPixel(w/2, h/2, func(x, y int) color.NRGBA64 {
		var sum [4]float64
		for i := range 4 {
			c := straight(m.At(2*x+i%2, 2*y+i/2))
			a := float64(c.A) / 65535
			sum[0], sum[1], sum[2], sum[3] = sum[0]+float64(c.R)*a, sum[1]+float64(c.G)*a, sum[2]+float64(c.B)*a, sum[3]+a
		}
		if sum[3] == 0 {
			return color.NRGBA64{}
		}
		value := func(v float64) uint16 { return uint16(math.Round(v / sum[3])) }
		return color.NRGBA64{value(sum[0]), value(sum[1]), value(sum[2]), uint16(math.Round(sum[3] / 4 * 65535))}
	})
}

func eachPixel(w, h int, f func(x, y int) color.NRGBA64) image.Image {
	out := image.NewNRGBA64(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			out.SetNRGBA64(x, y, f(x, y))
		}
	}
	return out
}

// gifFrames returns what is seen of each frame of an animation.
func gifFrames(t *testing.T, data []byte) (all []image.Image) {
	g, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	shown := image.NewNRGBA(image.Rect(0, 0, g.Config.Width, g.Config.Height))
	for i, f := range g.Image {
		before := imaging.Clone(shown)
		draw.Draw(shown, f.Rect, f, f.Rect.Min, draw.Over)
		all = append(all, imaging.Clone(shown))
		switch g.Disposal[i] {
		case gif.DisposalBackground:
			draw.Draw(shown, f.Rect, image.Transparent, image.Point{}, draw.Src)
		case gif.DisposalPrevious:
			shown = before
		}
	}
	return all
}

// tiffPages returns the pages of a TIFF. The decoder reads only the first page, so
// each page is made the first in turn.
func tiffPages(t *testing.T, data []byte) (all []image.Image) {
	var order binary.ByteOrder = binary.LittleEndian
	if data[0] == 'M' {
		order = binary.BigEndian
	}
	for at := order.Uint32(data[4:]); at != 0; {
		file := slices.Clone(data)
		order.PutUint32(file[4:], at)
		m, err := tiff.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
		at = order.Uint32(data[at+2+12*uint32(order.Uint16(data[at:])):])
	}
	return all
}
