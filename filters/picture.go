package filters

import (
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
)

// A Picture is what a file holds, decoded.
type Picture struct {
	Format    Format   // what it was read as
	Frames    []Frame  // one; those of an animated GIF; the pages of a TIFF
	LoopCount int      // of an animation, as in image/gif
	Meta      Metadata // of a TIFF: its first page's
}

// metaOf is what is kept of frame i besides its pixels.
func (p *Picture) metaOf(i int) *Metadata {
	if m := p.Frames[i].meta; m != nil {
		return m
	}
	return &p.Meta
}

// A Frame is one image of a picture.
//
// Its Image is one of these types, with bounds that begin at (0, 0):
// *image.Gray, *image.Gray16, *GrayAlpha, *GrayAlpha16, *image.NRGBA,
// *image.NRGBA64, *image.YCbCr.
type Frame struct {
	Image image.Image
	Delay int // how long an animation shows it, in 1/100 s

	meta *Metadata // of a TIFF's second and further pages; nil: the picture's

	// Where a JPEG was decoded at eighths / 8 of its size: what that was.
	full    image.Point
	eighths int
}

// size is the frame's in pixels, before it was decoded to fewer.
func (f Frame) size() image.Point {
	if f.eighths == 0 {
		return f.Image.Bounds().Size()
	}
	return f.full
}

// pixelSize is how many bytes a pixel of a Frame's image takes, at most.
func pixelSize(m image.Image) int64 {
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

// still is a picture of one frame.
func still(m image.Image, meta Metadata) *Picture {
	return &Picture{Frames: []Frame{{Image: canonical(m)}}, Meta: meta}
}

// canonical turns what decoders make into one of a Frame's types, without
// losing depth.
func canonical(m image.Image) image.Image {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	r := image.Rect(0, 0, w, h)
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
		return convert64(m)
	case *image.Paletted:
		return lookUp(m)
	default:
		if _, deep := m.At(m.Bounds().Min.X, m.Bounds().Min.Y).(color.RGBA64); deep {
			return convert64(m)
		}
	}
	out := image.NewNRGBA(r)
	draw.Draw(out, r, m, m.Bounds().Min, draw.Src)
	return out
}

// lookUp replaces palette indices by what they stand for, in one channel if the
// palette is gray.
func lookUp(m *image.Paletted) image.Image {
	var table [256]color.NRGBA
	colour, alpha := false, false
	for i, c := range m.Palette {
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		table[i] = n
		alpha = alpha || n.A != 255
		colour = colour || n.A != 0 && (n.R != n.G || n.R != n.B)
	}
	r := image.Rect(0, 0, m.Rect.Dx(), m.Rect.Dy())
	switch {
	case colour:
		out := image.NewNRGBA(r)
		for y := range r.Dy() {
			dst := out.Pix[y*out.Stride:]
			for x, index := range m.Pix[y*m.Stride:][:r.Dx()] {
				c := table[index]
				dst[4*x], dst[4*x+1], dst[4*x+2], dst[4*x+3] = c.R, c.G, c.B, c.A
			}
		}
		return out
	case alpha:
		out := NewGrayAlpha(r)
		for y := range r.Dy() {
			dst := out.Pix[y*out.Stride:]
			for x, index := range m.Pix[y*m.Stride:][:r.Dx()] {
				dst[2*x], dst[2*x+1] = table[index].R, table[index].A
			}
		}
		return out
	}
	out := image.NewGray(r)
	for y := range r.Dy() {
		dst := out.Pix[y*out.Stride:]
		for x, index := range m.Pix[y*m.Stride:][:r.Dx()] {
			dst[x] = table[index].R
		}
	}
	return out
}

func convert64(m image.Image) image.Image {
	out := image.NewNRGBA64(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Src)
	return out
}

// opaque tells whether a Frame's image has no pixel that lets anything through.
// image.NRGBA's own method looks at a pixel at a time: slow on a large photo.
func opaque(m image.Image) bool {
	switch m := m.(type) {
	case *GrayAlpha:
		return allOnes(m.Pix, m.Stride, m.Rect, 2, 1)
	case *GrayAlpha16:
		return allOnes(m.Pix, m.Stride, m.Rect, 4, 2)
	case *image.NRGBA:
		return allOnes(m.Pix, m.Stride, m.Rect, 4, 1)
	case *image.NRGBA64:
		return allOnes(m.Pix, m.Stride, m.Rect, 8, 2)
	}
	return true
}

// allOnes tells whether the last n bytes of each pixel are all 0xff. A pixel has
// size bytes: 2, 4 or 8.
func allOnes(pix []uint8, stride int, r image.Rectangle, size, n int) bool {
	mask := ^uint64(0) << (64 - 8*n) // of the bytes in a word that count
	for shift := size; shift < 8; shift *= 2 {
		mask |= mask >> (8 * shift)
	}
	for y := range r.Dy() {
		row := pix[y*stride:][:r.Dx()*size]
		for ; len(row) >= 32; row = row[32:] {
			word := binary.LittleEndian.Uint64
			if word(row)&word(row[8:])&word(row[16:])&word(row[24:])&mask != mask {
				return false
			}
		}
		for ; len(row) > 0; row = row[size:] {
			for _, v := range row[size-n : size] {
				if v != 0xff {
					return false
				}
			}
		}
	}
	return true
}

// to8 gives an image of at most 8 bits a sample, for formats that hold no more.
// Values are rounded, not cut.
func to8(m image.Image) image.Image {
	r := m.Bounds()
	switch m := m.(type) {
	case *image.Gray16:
		out := image.NewGray(r)
		narrow(out.Pix, out.Stride, m.Pix, m.Stride, r.Dy())
		return out
	case *GrayAlpha16:
		out := NewGrayAlpha(r)
		narrow(out.Pix, out.Stride, m.Pix, m.Stride, r.Dy())
		return out
	case *image.NRGBA64:
		out := image.NewNRGBA(r)
		narrow(out.Pix, out.Stride, m.Pix, m.Stride, r.Dy())
		return out
	}
	return m
}

// narrow rounds big-endian 16-bit samples to 8 bits.
func narrow(dst []uint8, dstStride int, src []uint8, srcStride, rows int) {
	for y := range rows {
		d, s := dst[y*dstStride:][:dstStride], src[y*srcStride:]
		for i := range d {
			v := uint32(s[2*i])<<8 | uint32(s[2*i+1])
			d[i] = uint8((v*255 + 32767) / 65535)
		}
	}
}

// toRGB gives an image without luma and chroma planes: gray as it is, any
// other as NRGBA or NRGBA64.
func toRGB(m image.Image) image.Image {
	if y, ok := m.(*image.YCbCr); ok {
		return rgbOf(y)
	}
	return m
}

// drawOpaque converts an image that has no alpha. It goes by way of RGBA, for
// which image/draw has faster code than for NRGBA; opaque, both are the same.
func drawOpaque(m image.Image) *image.NRGBA {
	out := image.NewRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Src)
	return &image.NRGBA{Pix: out.Pix, Stride: out.Stride, Rect: out.Rect}
}
