package meta

import "testing"

// FuzzMetadata: any bytes can be read as metadata, changed, and written.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte(NewTIFF([]Field{
		ShortField(tagOrientation, 6), {Tag: tagXResolution, Type: TypeRational, Value: longs(300, 1)},
		{Tag: tagExifIFD, Type: TypeLong, Sub: []Field{LongField(tagPixelXDimension, 61), ShortField(tagPixelYDimension, 41)}},
		{Tag: tagGPSIFD, Type: TypeLong, Sub: []Field{{Tag: 1, Type: TypeASCII, Value: []byte("N\x00")}}},
	})))
	f.Add([]byte(`<rdf:Description tiff:Orientation="6" tiff:ImageWidth='61'><exif:PixelXDimension>61</exif:PixelXDimension></rdf:Description>`))
	f.Add([]byte(`<a hdrgm:Version="1.0" b="c"/><xmp:Thumbnails>`))
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x01\x00\x69\x87\x04\x00\x01\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("8BIM\x04\x04\x00\x00\x00\x00\x00\x04Cafe"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m Metadata
		m.SetEXIF(data)
		m.SetXMP(data)
		if len(m.XMP) > len(data) {
			t.Errorf("%d bytes of XMP from %d", len(m.XMP), len(data))
		}
		m.SetExtendedXMP(data, data)
		if len(m.XMP)+len(m.ExtendedXMP) > 2*len(data) {
			t.Errorf("%d and %d bytes of XMP from %d", len(m.XMP), len(m.ExtendedXMP), len(data))
		}
		m.SetIPTC(data)
		if len(m.IPTC) > len(data)+1 {
			t.Errorf("%d bytes of IPTC from %d", len(m.IPTC), len(data))
		}
		m.UseEXIFResolution()
		before := string(m.EXIF)
		changed := m
		changed.SetSize(70000, 3)
		changed.SetUpright()
		if string(m.EXIF) != before {
			t.Error("a change of a copy shows in the original")
		}
		if changed.EXIF.Order() != nil {
			if o := changed.EXIF.Orientation(changed.EXIF.FirstIFD()); o != 1 {
				t.Errorf("orientation %d after it was set to 1", o)
			}
		}
		fields := changed.Fields()
		block := NewTIFF(fields)
		if len(block) > 4*len(data)+1000 {
			t.Errorf("%d bytes of fields from %d", len(block), len(data))
		}
		if again := NewFieldReader(block).Fields(8); len(again) > len(fields) {
			t.Errorf("%d fields become %d", len(fields), len(again))
		}
	})
}
