package meta

import "slices"

// Metadata reads the metadata of a TIFF page from its IFD.
func (r *FieldReader) Metadata(ifd int) Metadata {
	t := r.data
	m := Metadata{Orientation: t.Orientation(ifd), Resolution: t.resolution(ifd), EXIF: r.exif(ifd)}
	for e := range t.Entries(ifd) {
		switch e.Tag() {
		case tagICC:
			m.ICC = r.values(e)
		case tagXMP:
			m.SetXMP(r.values(e))
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

// exif makes an EXIF block of the fields of a TIFF page's IFD that describe the
// image; nil if there are no such fields.
func (r *FieldReader) exif(ifd int) TIFF {
	all := r.Fields(ifd)
	if !slices.ContainsFunc(all, Field.describes) {
		return nil
	}
	return NewTIFF(slices.DeleteFunc(all, func(f Field) bool { return !f.describes() && !f.isResolution() }))
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
