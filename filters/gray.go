package filters

import (
	"encoding/binary"
	"image"
	"runtime"
	"sync"
)

// Gray makes a picture gray: BT.601 luma of the gamma-encoded values, which is
// a JPEG's Y component and what Go's color.Gray is. The result has one channel,
// and alpha only where some pixel isn't opaque.
type Gray struct{}

// Apply makes p gray.
func (Gray) Apply(p *Picture, l Limits) error {
	need := int64(0)
	for _, f := range p.Frames {
		b := f.Image.Bounds()
		need += int64(b.Dx()) * int64(b.Dy()) * pixelSize(f.Image) * 5 / 4 // the gray beside it
	}
	if err := l.allow(need); err != nil {
		return err
	}
	for i := range p.Frames {
		p.Frames[i].Image = gray(p.Frames[i].Image)
		p.metaOf(i).becomeGray()
	}
	return nil
}

func gray(m image.Image) image.Image {
	switch m := m.(type) {
	case *image.YCbCr:
		return &image.Gray{Pix: m.Y, Stride: m.YStride, Rect: m.Rect}
	case *image.NRGBA:
		if opaque(m) {
			out := image.NewGray(m.Rect)
			grayRows(m, out.Pix, out.Stride, 1)
			return out
		}
		out := NewGrayAlpha(m.Rect)
		grayRows(m, out.Pix, out.Stride, 2)
		return out
	case *image.NRGBA64:
		if opaque(m) {
			out := image.NewGray16(m.Rect)
			grayRows16(m, out.Pix, out.Stride, 2)
			return out
		}
		out := NewGrayAlpha16(m.Rect)
		grayRows16(m, out.Pix, out.Stride, 4)
		return out
	case *GrayAlpha, *GrayAlpha16:
		if opaque(m) {
			return flatten(m)
		}
	}
	return m
}

// luma is BT.601's weights in 1/65536, as in Go's color.GrayModel; they add up
// to 1.
const lumaR, lumaG, lumaB = 19595, 38470, 7471

// luma8 widens 8 bits to 16, by 0x101, so that the rounding is
// color.GrayModel's.
func luma8(r, g, b uint8) uint8 {
	return uint8((0x101*(lumaR*uint32(r)+lumaG*uint32(g)+lumaB*uint32(b)) + 1<<15) >> 24)
}

// grayRows writes each pixel's luma and, where a pixel has a second byte, its
// alpha.
func grayRows(m *image.NRGBA, pix []uint8, stride, size int) {
	parallel(m.Rect.Dy(), func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			src, dst := m.Pix[y*m.Stride:][:4*m.Rect.Dx()], pix[y*stride:]
			for x := range m.Rect.Dx() {
				p := src[4*x : 4*x+4 : 4*x+4]
				dst[size*x] = luma8(p[0], p[1], p[2])
				if size == 2 {
					dst[2*x+1] = p[3]
				}
			}
		}
	})
}

// grayRows16 is grayRows for 16-bit samples; size is 2 or 4.
func grayRows16(m *image.NRGBA64, pix []uint8, stride, size int) {
	parallel(m.Rect.Dy(), func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			src, dst := m.Pix[y*m.Stride:][:8*m.Rect.Dx()], pix[y*stride:]
			for x := range m.Rect.Dx() {
				p := src[8*x : 8*x+8 : 8*x+8]
				r, g, b := uint64(p[0])<<8|uint64(p[1]), uint64(p[2])<<8|uint64(p[3]), uint64(p[4])<<8|uint64(p[5])
				v := uint16((lumaR*r + lumaG*g + lumaB*b + 1<<15) >> 16)
				binary.BigEndian.PutUint16(dst[size*x:], v)
				if size == 4 {
					copy(dst[4*x+2:], p[6:8])
				}
			}
		}
	})
}

// parallel calls f for bands of n rows on all processors and waits.
func parallel(n int, f func(y0, y1 int)) {
	bands := max(1, min(runtime.GOMAXPROCS(0), n/64))
	var wg sync.WaitGroup
	for i := range bands {
		wg.Go(func() { f(i*n/bands, (i+1)*n/bands) })
	}
	wg.Wait()
}
