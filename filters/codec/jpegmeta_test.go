package codec

import (
	"bytes"
	"slices"
	"testing"

	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/jpegdct"
	"imgpipe/filters/meta"
)

// TestProfileOfJPEG: the parts of a profile are joined by their numbers, also by wrong
// ones if the length is right. A profile of which a part is missing is dropped.
func TestProfileOfJPEG(t *testing.T) {
	profile := profileOf(t, imagetest.Input(t, "displayp3.jpg"))
	third := len(profile) / 3
	one, two, three := profile[:third], profile[third:2*third], profile[2*third:]
	type part struct {
		i, n byte
		data []byte
	}
	for name, c := range map[string]struct {
		parts []part
		want  []byte
	}{
		"in order":                {[]part{{1, 3, one}, {2, 3, two}, {3, 3, three}}, profile},
		"in another order":        {[]part{{3, 3, three}, {1, 3, one}, {2, 3, two}}, profile},
		"one is missing":          {[]part{{1, 3, one}, {3, 3, three}}, nil},
		"the last is missing":     {[]part{{1, 3, one}, {2, 3, two}}, nil},
		"one comes twice":         {[]part{{1, 3, one}, {2, 3, two}, {2, 3, two}, {3, 3, three}}, nil},
		"they count themselves":   {[]part{{1, 1, one}, {2, 2, two}, {3, 3, three}}, profile},
		"from 0":                  {[]part{{1, 3, two}, {0, 3, one}, {2, 3, three}}, profile},
		"from 0, one is missing":  {[]part{{0, 3, one}, {2, 3, three}}, nil},
		"from 0, the first twice": {[]part{{0, 3, one}, {0, 3, one}, {1, 3, two}, {2, 3, three}}, nil},
		"none of 0":               {[]part{{0, 0, profile}}, profile},
		"more than there are":     {[]part{{1, 1, profile}, {2, 1, two}}, nil},
	} {
		var icc []jpegdct.Segment
		for _, p := range c.parts {
			icc = append(icc, jpegdct.Segment{Marker: jpegdct.APP2, Data: append([]byte(headICC+string([]byte{p.i, p.n})), p.data...)})
		}
		j, err := jpegdct.NewReader(bytes.NewReader(imagetest.Input(t, "photo420.jpg")), jpegdct.ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		h := *j.Header()
		h.Segments = icc
		if m := jpegMetadata(&h); !bytes.Equal(m.ICC, c.want) {
			t.Errorf("%s: a profile of %d bytes, want %d", name, len(m.ICC), len(c.want))
		}
	}
}

// TestMetadataInParts: an EXIF block and an XMP packet in several segments are read and
// written whole. An extension of which a part is missing is dropped, with its name in the
// packet, and so is one in a file of another format.
func TestMetadataInParts(t *testing.T) {
	note := bytes.Repeat([]byte("0123456789"), 15000)
	exif := meta.NewTIFF([]meta.Field{{Tag: 0x927c, Type: meta.TypeUndefined, Value: note}, {Tag: 0x010f, Type: meta.TypeASCII, Value: []byte("Maker\x00")}})
	const guid = "0123456789ABCDEF0123456789ABCDEF"
	packet := func(name string) []byte { return []byte(`<rdf:Description tiff:ImageWidth="61"` + name + `/>`) }
	named := packet(` xmpNote:HasExtendedXMP="` + guid + `"`)
	extension := slices.Concat([]byte(`<rdf:Description exif:PixelXDimension="61">`), note, []byte(`</rdf:Description>`))
	m := meta.Metadata{EXIF: exif}
	m.SetExtendedXMP(named, extension)
	all := jpegSegments(&m)
	if len(all) != 3+1+3 {
		t.Fatalf("%d segments, want 3 of EXIF, 1 of XMP and 3 of its extension", len(all))
	}
	foreign := jpegdct.Segment{Marker: jpegdct.APP1, Data: slices.Concat([]byte(headExtension), []byte("another GUID, of 32 characters..."))}
	second := jpegdct.Segment{Marker: jpegdct.APP1, Data: slices.Concat([]byte(headEXIF), exif[:100])}
	swapped := slices.Clone(all)
	swapped[4], swapped[6] = swapped[6], swapped[4]
	for name, c := range map[string]struct {
		segments  []jpegdct.Segment
		xmp       []byte
		extension []byte
	}{
		"as written":            {all, named, extension},
		"in another order":      {swapped, named, extension},
		"with another's":        {append(slices.Clone(all), foreign, second), named, extension},
		"a part is missing":     {slices.Delete(slices.Clone(all), 5, 6), packet(""), nil},
		"the last is missing":   {all[:len(all)-1], packet(""), nil},
		"a part comes twice":    {append(slices.Clone(all), all[5]), packet(""), nil},
		"there is no extension": {all[:4], packet(""), nil},
	} {
		got := jpegMetadata(&jpegdct.Header{Segments: c.segments})
		if !bytes.Equal(got.EXIF, exif) {
			t.Errorf("%s: EXIF of %d bytes, want %d", name, len(got.EXIF), len(exif))
		}
		if !bytes.Equal(got.XMP, c.xmp) || !bytes.Equal(got.ExtendedXMP, c.extension) {
			t.Errorf("%s: XMP is %s and %d bytes, want %s and %d", name, got.XMP, len(got.ExtendedXMP), c.xmp, len(c.extension))
		}
	}
	got := jpegMetadata(&jpegdct.Header{Segments: all})
	got.SetSize(31, 21)
	if !bytes.Contains(got.XMP, []byte(`"31"`)) || !bytes.Contains(got.ExtendedXMP, []byte(`"31"`)) {
		t.Errorf("the size is not updated in %s and %s", got.XMP, got.ExtendedXMP[:60])
	}
	if got.DropExtendedXMP(); bytes.Contains(got.XMP, []byte(guid)) || got.ExtendedXMP != nil {
		t.Errorf("XMP is %s and %d bytes after the extension was dropped", got.XMP, len(got.ExtendedXMP))
	}
}

// profileOf returns a picture's ICC profile.
func profileOf(t *testing.T, data []byte) []byte {
	t.Helper()
	p, err := Decode(bytes.NewReader(data), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Frames[0].Meta.ICC
}

// TestUnknownResolutionUnit: a resolution in an unknown unit is dropped.
func TestUnknownResolutionUnit(t *testing.T) {
	j, err := jpegdct.NewReader(bytes.NewReader(imagetest.Input(t, "photo420.jpg")), jpegdct.ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h := *j.Header()
	h.JFIF = &jpegdct.JFIF{Major: 1, Minor: 1, Units: 7, Xdensity: 300, Ydensity: 300}
	h.Segments = nil
	if m := jpegMetadata(&h); m.Resolution != (meta.Resolution{}) {
		t.Errorf("a resolution of unit 7: %v", m.Resolution)
	}
}
