package meta

import (
	"bytes"
	"slices"
)

// Orientation returns 1 to 8: how the stored pixels have to be turned to be seen
// upright. 1 means not at all, and is returned where the IFD has no valid value. A
// wrong type or count of the field does not matter, as long as the value stands in
// the entry.
func (t TIFF) Orientation(ifd int) int {
	o := 1
	for e := range t.Entries(ifd) {
		if e.Tag() == tagOrientation {
			if v, _ := e.orientation(); v > 0 {
				o = int(v)
			}
		}
	}
	return o
}

// orientation returns the value of an orientation field, and where it stands; 0 and
// nil if there is no valid value.
func (e Entry) orientation() (v uint8, at []byte) {
	value := e.field()
	n := uint32(0)
	switch e.Type() {
	case TypeLong, TypeSLong:
		n = e.order.Uint32(value)
	case TypeShort, TypeSShort:
		value = value[:2]
		n = uint32(e.order.Uint16(value))
	case TypeByte, TypeSByte, TypeUndefined:
		n = uint32(value[0])
	}
	if n < 1 || n > 8 {
		return 0, nil
	}
	v = uint8(n)
	return v, value[bytes.IndexByte(value, v):] // the only byte that is not 0, in either order
}

// setOrientation replaces IFD 0's orientation, if it has one. O is 1 to 8.
func (t TIFF) setOrientation(o int) {
	if t.Order() == nil {
		return
	}
	for e := range t.Entries(t.FirstIFD()) {
		if _, at := e.orientation(); e.Tag() == tagOrientation && at != nil {
			at[0] = uint8(o)
		}
	}
}

// setPixelSize updates the image's size where IFD 0 and the Exif IFD have it. It
// removes where the subject was.
func (t TIFF) setPixelSize(w, h int) {
	if t.Order() == nil {
		return
	}
	exif := 0 // the first one: an IFD can name many
	for e := range t.Entries(t.FirstIFD()) {
		switch e.Tag() {
		case TagImageWidth:
			e.SetInt(w)
		case TagImageLength:
			e.SetInt(h)
		case tagExifIFD:
			if exif == 0 {
				exif = e.Offset()
			}
		}
	}
	for e := range t.Entries(exif) {
		switch e.Tag() {
		case tagPixelXDimension:
			e.SetInt(w)
		case tagPixelYDimension:
			e.SetInt(h)
		}
	}
	t.remove(exif, tagSubjectArea, tagSubjectLocation)
}

// remove takes the entries with the given tags out of an IFD.
func (t TIFF) remove(ifd int, tags ...uint16) {
	var kept []byte
	for e := range t.Entries(ifd) {
		if !slices.Contains(tags, e.Tag()) {
			kept = append(kept, e.raw...)
		}
	}
	end := t.end(ifd)
	if end < 0 || len(kept) == end-ifd-2 {
		return
	}
	t.Order().PutUint16(t[ifd:], uint16(len(kept)/entrySize))
	link := t[end:min(end+4, len(t))]
	clear(t[ifd+2+copy(t[ifd+2:], append(kept, link...)) : end+len(link)])
}

// withoutThumbnail unlinks IFD 1, which describes the thumbnail, blanks the
// thumbnail, and cuts it off where it is the last thing in the block, as it
// nearly always is.
func (t TIFF) withoutThumbnail() TIFF {
	const jpegOffset, jpegLength = 0x0201, 0x0202
	ifd1, _ := t.NextIFD(t.FirstIFD())
	if ifd1 == 0 {
		return t
	}
	clear(t.link(t.FirstIFD()))
	start, length := 0, 0
	for e := range t.Entries(ifd1) {
		switch e.Tag() {
		case jpegOffset:
			start = e.Offset()
		case jpegLength:
			length = e.Offset()
		}
	}
	if start < 8 || length <= 0 || start+length > len(t) {
		return t
	}
	clear(t[start : start+length])
	if start+length == len(t) {
		t = t[:start]
	}
	return t
}
