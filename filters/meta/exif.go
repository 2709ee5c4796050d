package meta

import "slices"

// Orientation returns 1 to 8: how the stored pixels have to be turned to be seen
// upright. It is 1, not at all, where the IFD says nothing valid.
func (t TIFF) Orientation(ifd int) int {
	o := 1
	for e := range t.Entries(ifd) {
		if e.Tag() == tagOrientation && e.Count() == 1 && (e.Type() == TypeShort || e.Type() == TypeLong) {
			o = e.Int()
		}
	}
	if o < 1 || o > 8 {
		return 1
	}
	return o
}

// setOrientation replaces IFD 0's orientation, if it has one.
func (t TIFF) setOrientation(o int) {
	if t.Order() == nil {
		return
	}
	for e := range t.Entries(t.FirstIFD()) {
		if e.Tag() == tagOrientation {
			e.SetInt(o)
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
			kept = append(kept, e.Raw()...)
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
	link, ok := t.NextIFD(t.FirstIFD())
	if !ok {
		return t
	}
	ifd1 := int(t.Order().Uint32(t[link:]))
	t.Order().PutUint32(t[link:], 0)
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

// describes tells whether a field of IFD 0 describes the image, stays true when
// the image changes, and may stand in an EXIF block.
func (f Field) describes() bool {
	switch f.Tag {
	case 269, 270, 271, 272, // document name, image description, make, model
		285, 297, // page name, page number
		305, 306, 315, 316, // software, date and time, artist, host computer
		18246, 33432, // rating, copyright
		40091, 40092, 40093, 40094, 40095, // Windows' title, comment, author, keywords, subject
		tagExifIFD, tagGPSIFD:
		return true
	}
	return false
}

// exif makes an EXIF block of what describes the image in an IFD of a TIFF; nil
// if nothing does.
func (r *FieldReader) exif(ifd int) TIFF {
	all := r.Fields(ifd)
	if !slices.ContainsFunc(all, Field.describes) {
		return nil
	}
	return NewTIFF(slices.DeleteFunc(all, func(f Field) bool { return !f.describes() && !f.isResolution() }))
}

// Metadata reads the metadata of a TIFF page from its IFD.
func (r *FieldReader) Metadata(ifd int) Metadata {
	t := r.data
	m := Metadata{Orientation: t.Orientation(ifd), Resolution: t.resolution(ifd), EXIF: r.exif(ifd)}
	for e := range t.Entries(ifd) {
		switch e.Tag() {
		case tagICC:
			m.ICC = r.bytes(e)
		case tagXMP:
			m.SetXMP(r.bytes(e))
		}
	}
	return m
}

// Fields returns the fields of a TIFF page's IFD that carry m.
func (m *Metadata) Fields() []Field {
	var all []Field
	if m.EXIF.Order() != nil {
		r := NewFieldReader(m.EXIF)
		all = slices.DeleteFunc(r.Fields(m.EXIF.FirstIFD()), func(f Field) bool { return !f.describes() })
	}
	all = append(all, ShortField(tagOrientation, max(m.Orientation, 1)))
	all = append(all, m.Resolution.Fields()...)
	if len(m.XMP) > 0 {
		all = append(all, Field{Tag: tagXMP, Type: TypeByte, Value: m.XMP})
	}
	if len(m.ICC) > 0 {
		all = append(all, Field{Tag: tagICC, Type: TypeUndefined, Value: m.ICC})
	}
	return all
}
