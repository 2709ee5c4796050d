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

	iptc     []byte                     // image resources of the JPEG it was, those of iptcResources
	chunks   []pngrow.Chunk             // of the PNG it was, those of keptChunks
	subfile  int                        // of the TIFF's page it was: whether it's a smaller version of another, or a mask
	maxVal   int                        // of the PNM it was, if that says anything; else 0
	tables   [2]*jpegdct.QuantTable     // of the JPEG it was: for luma and chroma; else nil
	sampling *image.YCbCrSubsampleRatio // of the JPEG it was; else nil
}

// A Density is a picture's resolution; zero if it's unknown.
type Density struct {
	Unit byte // as in JFIF: 0: X and Y are only an aspect ratio; 1: pixels per inch; 2: per cm
	X, Y float64
}

// setEXIF takes an EXIF block over, if it is one. Its thumbnail goes, for it shows
// the old picture.
func (m *Metadata) setEXIF(block []byte) {
	if tiffData(block).order() == nil {
		return
	}
	m.EXIF = tiffData(bytes.Clone(block)).withoutThumbnail()
	m.Orientation = m.EXIF.orientation()
}

// setDensity takes the density that EXIF says where the format's own place says
// none.
func (m *Metadata) setDensity() {
	if m.Density == (Density{}) && m.EXIF.order() != nil {
		m.Density = m.EXIF.density(m.EXIF.ifd0())
	}
}

// setSize updates what m says of the pixels' number.
func (m *Metadata) setSize(w, h int) {
	m.EXIF.setPixelSize(w, h)
	m.XMP = xmpWithSize(m.XMP, w, h)
}

// setUpright says that the pixels are seen as they are stored.
func (m *Metadata) setUpright() {
	m.Orientation = 1
	m.EXIF.setOrientation(1)
	m.XMP = xmpUpright(m.XMP)
}

// becomeGray drops what doesn't describe gray pixels: a profile for RGB or
// CMYK, the primaries of RGB.
func (m *Metadata) becomeGray() {
	m.keepProfile("GRAY")
	m.chunks = slices.DeleteFunc(m.chunks, func(c pngrow.Chunk) bool { return c.Type == "cHRM" })
}

// keepProfile drops a profile that isn't for pixels of a colour space (ICC.1:2022,
// section 7.2.6: it's at byte 16).
func (m *Metadata) keepProfile(space string) {
	if len(m.ICC) < 20 || string(m.ICC[16:20]) != space {
		m.ICC = nil
	}
}

// strip drops all that people call metadata. How a file was stored isn't among
// it.
func (m *Metadata) strip() {
	*m = Metadata{Orientation: m.Orientation, subfile: m.subfile, maxVal: m.maxVal, tables: m.tables, sampling: m.sampling}
}
