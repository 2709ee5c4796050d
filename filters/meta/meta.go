// Package meta reads, changes and writes what an image file says besides its
// pixels: orientation, EXIF, XMP, ICC profile, IPTC, comments and resolution.
//
// It knows no file format but the TIFF structure, in which EXIF is written;
// package codec knows how each format stores these things. Data are not trusted:
// what makes no sense is passed over, and what is read is bounded by the length
// of the data.
package meta

import "bytes"

// Metadata is what is kept of an image besides its pixels. A copy is
// independent: the methods replace slices, and do not write into them.
type Metadata struct {
	// Orientation says how the stored pixels have to be turned to be seen upright:
	// 1 to 8 as in EXIF. 0 means 1, not at all.
	Orientation int

	EXIF TIFF   // without its thumbnail; nil if there is none
	XMP  []byte // an XML packet (ISO 16684-1)
	// ExtendedXMP is the packet's extension, which XMP names; nil if there is none. It
	// is for JPEGs alone, whose segments are too short for some packets.
	ExtendedXMP []byte
	ICC         []byte   // a colour profile (ICC.1:2022)
	IPTC        []byte   // Photoshop image resources with captions and credits
	Comments    [][]byte // text in an unknown encoding
	Resolution  Resolution
}

// SetEXIF sets EXIF and Orientation from an EXIF block, whose thumbnail it
// drops: the thumbnail shows the old picture. A block that is no TIFF structure
// changes nothing.
func (m *Metadata) SetEXIF(block []byte) {
	if t := TIFF(block); t.Order() == nil || t.IsBig() {
		return
	}
	m.EXIF = TIFF(bytes.Clone(block)).withoutThumbnail()
	m.Orientation = m.EXIF.Orientation(m.EXIF.FirstIFD())
}

// UseEXIFResolution sets Resolution from EXIF, if Resolution is unknown.
func (m *Metadata) UseEXIFResolution() {
	if m.Resolution == (Resolution{}) && m.EXIF.Order() != nil {
		m.Resolution = m.EXIF.resolution(m.EXIF.FirstIFD())
	}
}

// SetSize updates what EXIF and XMP say of the image's size, in pixels. Where
// the subject was in the old image is dropped.
func (m *Metadata) SetSize(w, h int) {
	m.EXIF = bytes.Clone(m.EXIF)
	m.EXIF.setPixelSize(w, h)
	m.XMP = xmpWithSize(m.XMP, w, h)
	m.ExtendedXMP = xmpWithSize(m.ExtendedXMP, w, h)
}

// SetUpright says that the pixels are seen as they are stored.
func (m *Metadata) SetUpright() {
	m.Orientation = 1
	m.EXIF = bytes.Clone(m.EXIF)
	m.EXIF.setOrientation(1)
	m.XMP = xmpUpright(m.XMP)
	m.ExtendedXMP = xmpUpright(m.ExtendedXMP)
}

// Stripped returns m without all that people call metadata. The orientation
// stays: without it the pixels cannot be turned upright.
func (m *Metadata) Stripped() Metadata { return Metadata{Orientation: m.Orientation} }
