package filters

import (
	"bytes"
	"image"
	"slices"

	"imgpipe/filters/jpegdct"
	"imgpipe/filters/pngrow"
)

// Metadata is what is kept of a file besides its pixels.
type Metadata struct {
	// Orientation says how the stored pixels have to be turned to be seen upright:
	// 1 to 8 as in EXIF; 0 is 1, not at all.
	Orientation int

	EXIF     tiffData // a TIFF structure (CIPA DC-008), without its thumbnail
	XMP      []byte   // an XML packet
	ICC      []byte   // a colour profile
	Comments [][]byte // in no known encoding
	Density  Density

	chunks []pngrow.Chunk         // of the PNG it was, those of keptChunks
	maxVal int                    // of the PNM it was, if that says anything; else 0
	tables [2]*jpegdct.QuantTable // of the JPEG it was: for luma and chroma; else nil
}

// A Density is a picture's resolution as JFIF has it; zero if it's unknown.
type Density struct {
	Unit byte // 0: X and Y are only an aspect ratio; 1: pixels per inch; 2: per cm
	X, Y uint16
}

// setEXIF takes an EXIF block over. Its thumbnail goes, for it shows the old
// picture.
func (m *Metadata) setEXIF(block []byte) {
	m.EXIF = tiffData(bytes.Clone(block)).withoutThumbnail()
	m.Orientation = m.EXIF.orientation()
}

// becomeGray drops what doesn't describe gray pixels: a profile for RGB or
// CMYK, the primaries of RGB.
func (m *Metadata) becomeGray() {
	// ICC.1:2022 section 7.2.6: the data colour space is at byte 16.
	if len(m.ICC) < 20 || string(m.ICC[16:20]) != "GRAY" {
		m.ICC = nil
	}
	m.chunks = slices.DeleteFunc(m.chunks, func(c pngrow.Chunk) bool { return c.Type == "cHRM" })
}

// turnUpright turns the pixels the way that the EXIF orientation says they are
// shown, and resets it.
func (p *Picture) turnUpright() {
	o := p.Meta.Orientation
	if o <= 1 {
		return
	}
	for i := range p.Frames {
		p.Frames[i].Image = upright(p.Frames[i].Image, o)
	}
	p.Meta.Orientation = 1
	p.Meta.EXIF.setOrientation(1)
	b := p.Frames[0].Image.Bounds()
	p.Meta.EXIF.setPixelSize(b.Dx(), b.Dy())
}

// upright turns an image stored with an EXIF orientation of 2 to 8.
func upright(m image.Image, orientation int) image.Image {
	m = toRGB(m)
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	from := rasterOf(m)
	var out image.Image
	var to raster
	if orientation >= 5 {
		out, to = from.blank(h, w)
	} else {
		out, to = from.blank(w, h)
	}
	turn(to.pix, from.pix, from.stride, w, h, from.pixelBytes(), orientation)
	return out
}

// turn copies w x h pixels of size bytes to where an orientation puts them.
// The table is CIPA DC-008's: where row 0 and column 0 of what is stored are
// when it's shown.
func turn(dst, src []uint8, srcStride, w, h, size, orientation int) {
	dstW := w
	if orientation >= 5 {
		dstW = h
	}
	for y := range h {
		for x := range w {
			dx, dy := x, y
			switch orientation {
			case 2: // top, right
				dx = w - 1 - x
			case 3: // bottom, right
				dx, dy = w-1-x, h-1-y
			case 4: // bottom, left
				dy = h - 1 - y
			case 5: // left, top
				dx, dy = y, x
			case 6: // right, top
				dx, dy = h-1-y, x
			case 7: // right, bottom
				dx, dy = h-1-y, w-1-x
			case 8: // left, bottom
				dx, dy = y, w-1-x
			}
			copy(dst[(dy*dstW+dx)*size:][:size], src[y*srcStride+x*size:][:size])
		}
	}
}
