package meta

import (
	"slices"
	"testing"
)

// TestPage: of a TIFF page's IFD are kept the fields that describe the image, not those
// that say how its pixels are stored, nor unknown ones.
func TestPage(t *testing.T) {
	const tagArtist = 315
	artist := Field{Tag: tagArtist, Type: TypeASCII, Value: []byte("someone\x00")}
	gps := Field{Tag: tagGPSIFD, Type: TypeLong, Sub: []Field{{Tag: 1, Type: TypeASCII, Value: []byte("N\x00")}}}
	compression, unknown := ShortField(259, 5), ShortField(50000, 7)
	inches := Resolution{Unit: 1, X: 300, Y: 300}
	for _, c := range []struct {
		name       string
		page       []Field
		exif, next []uint16 // tags of the EXIF block, and of the page that is written; but for the orientation
	}{
		{"an artist", []Field{compression, artist}, []uint16{tagArtist}, []uint16{tagArtist}},
		{"a place", []Field{compression, gps}, []uint16{tagGPSIFD}, []uint16{tagGPSIFD}},
		{"an unknown field", []Field{compression, unknown}, nil, nil},
		{"an unknown field beside an artist and a place", []Field{compression, artist, gps, unknown}, []uint16{tagArtist, tagGPSIFD}, []uint16{tagArtist, tagGPSIFD}},
		{"a resolution alone", inches.Fields(), nil, []uint16{tagXResolution, tagYResolution, tagResolutionUnit}},
		{"a resolution beside an artist", append(inches.Fields(), artist),
			[]uint16{tagXResolution, tagYResolution, tagResolutionUnit, tagArtist}, []uint16{tagXResolution, tagYResolution, tagResolutionUnit, tagArtist}},
	} {
		page := NewTIFF(c.page)
		m := NewFieldReader(page).Metadata(page.FirstIFD())
		var exif []uint16
		if m.EXIF != nil {
			exif = tagsOf(NewFieldReader(m.EXIF).Fields(m.EXIF.FirstIFD()))
		}
		next := slices.DeleteFunc(tagsOf(m.Fields()), func(tag uint16) bool { return tag == tagOrientation })
		if !slices.Equal(exif, c.exif) || !slices.Equal(next, c.next) {
			t.Errorf("%s: EXIF has the tags %d, and the next page %d; want %d and %d", c.name, exif, next, c.exif, c.next)
		}
	}
}

// tagsOf returns the tags of fields, in order.
func tagsOf(fields []Field) (tags []uint16) {
	for _, f := range fields {
		tags = append(tags, f.Tag)
	}
	slices.Sort(tags)
	return tags
}
