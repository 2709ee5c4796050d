package filters

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"imgpipe/filters/jpegdct"
	"imgpipe/filters/pngrow"
)

// describedEXIF is a block of a camera's, with a maker's note, GPS, an
// orientation of 6, and a thumbnail's directory.
func describedEXIF(w, h int) tiffData {
	ascii := func(tag uint16, s string) field { return field{tag: tag, kind: 2, value: []byte(s + "\x00")} }
	exif := []field{
		{tag: 0x829a, kind: typeRational, value: longs(1, 1754)},
		{tag: 0x927c, kind: typeUndefined, value: []byte("maker's note")},
		{tag: tagPixelXDimension, kind: typeLong, value: longs(w)},
		{tag: tagPixelYDimension, kind: typeShort, value: shorts(h)},
	}
	gps := []field{ascii(1, "N"), {tag: 2, kind: typeRational, value: longs(51, 1, 30, 1, 0, 1)}}
	return newEXIF([]field{
		ascii(271, "Maker"), ascii(315, "Artist"),
		{tag: tagOrientation, kind: typeShort, value: shorts(6)},
		{tag: tagXResolution, kind: typeRational, value: longs(300, 1)},
		{tag: tagYResolution, kind: typeRational, value: longs(300, 1)},
		{tag: tagResolutionUnit, kind: typeShort, value: shorts(2)},
		{tag: tagExifIFD, kind: typeLong, sub: exif}, {tag: tagGPSIFD, kind: typeLong, sub: gps},
	})
}

// TestDirectoriesThatOverlap: a small file can't say a lot.
func TestDirectoriesThatOverlap(t *testing.T) {
	t.Run("values", func(t *testing.T) {
		var fields []field
		for tag := range 1000 {
			fields = append(fields, field{tag: uint16(tag), kind: typeUndefined, value: []byte("12345")})
		}
		block := newEXIF(fields)
		block.entries(8, func(entry []byte) { copy(entry[4:], longs(len(block)-100, 100)) })
		total := 0
		for _, f := range block.directoryAt(8) {
			total += len(f.value)
		}
		if total > 2*len(block) {
			t.Errorf("%d bytes of values in a block of %d", total, len(block))
		}
	})
	t.Run("a directory that is named again and again", func(t *testing.T) {
		var fields []field
		for range 60000 {
			fields = append(fields, field{tag: tagExifIFD, kind: typeLong, value: longs(8)})
		}
		block := newEXIF(fields)
		block.setPixelSize(1, 1)
		var count func(fields []field) int
		count = func(fields []field) int {
			n := len(fields)
			for _, f := range fields {
				n += count(f.sub)
			}
			return n
		}
		if n := count(block.directoryAt(8)); 12*n > 2*len(block) {
			t.Errorf("%d fields in a block of %d bytes", n, len(block))
		}
	})
	t.Run("a circle", func(t *testing.T) {
		block := newEXIF([]field{{tag: tagExifIFD, kind: typeLong, value: longs(8)}, {tag: tagGPSIFD, kind: typeLong, value: longs(8)}})
		if got := block.directoryAt(8); len(got) > 2 {
			t.Errorf("%d fields", len(got))
		}
	})
}

func TestThumbnailGoes(t *testing.T) {
	// Little-endian: IFD 0 with an orientation, IFD 1 with a thumbnail of 4 bytes.
	block := tiffData("II*\x00\x08\x00\x00\x00" +
		"\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x08\x00\x00\x00\x1a\x00\x00\x00" +
		"\x02\x00\x01\x02\x04\x00\x01\x00\x00\x00\x38\x00\x00\x00\x02\x02\x04\x00\x01\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00" +
		"JPEG")
	var m Metadata
	m.setEXIF(block)
	if m.Orientation != 8 {
		t.Errorf("orientation %d, want 8", m.Orientation)
	}
	if bytes.Contains(m.EXIF, []byte("JPEG")) || len(m.EXIF) != 0x38 {
		t.Errorf("%d bytes with the thumbnail in them: %q", len(m.EXIF), m.EXIF)
	}
	if link := m.EXIF[0x16]; link != 0 {
		t.Errorf("the first directory links to %#x, want 0", link)
	}
}

// Where the subject was, in pixels that are gone, isn't said any more; all else is.
func TestSubjectGoesWithTheSize(t *testing.T) {
	exif := []field{
		{tag: 0x829a, kind: typeRational, value: longs(1, 1754)},
		{tag: tagSubjectArea, kind: typeShort, value: shorts(30, 20, 9, 9)},
		{tag: tagPixelXDimension, kind: typeLong, value: longs(61)},
		{tag: tagSubjectLocation, kind: typeShort, value: shorts(30, 20)},
		{tag: 0xa420, kind: 2, value: []byte("0123456789\x00")},
	}
	block := newEXIF([]field{{tag: tagExifIFD, kind: typeLong, sub: exif}})
	before := block.directoryAt(8)[0].sub
	block.setPixelSize(31, 21)
	after := block.directoryAt(8)[0].sub
	want := []field{before[0], {tag: tagPixelXDimension, kind: typeLong, value: longs(31)}, before[4]}
	if fmt.Sprint(after) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", after, want)
	}
}

// TestHostileDirectories: fields that come twice, which a TIFF mustn't have, are
// read once; and directories that overlap don't say more than there is room for.
func TestHostileDirectories(t *testing.T) {
	artist := func(name string) field { return field{tag: 315, kind: 2, value: []byte(name + "\x00")} }
	twice := newEXIF([]field{artist("first"), artist("second"), {tag: tagExifIFD, kind: typeLong, sub: []field{artist("sub")}}})
	all := twice.directoryAt(twice.ifd0())
	if len(all) != 2 || string(all[0].value) != "first\x00" || len(all[1].sub) != 1 {
		t.Errorf("%d fields: %v", len(all), all)
	}

	sub := make([]field, 1<<16-1)
	for i := range sub {
		sub[i] = field{tag: uint16(i), kind: typeByte, value: []byte{1}}
	}
	large := newEXIF(sub)
	r := newFieldReader(slices.Concat(large, make(tiffData, 10*len(large))))
	total := 0
	for range 10 { // pages
		total += len(r.fields(large.ifd0(), 2))
	}
	if total > maxFields {
		t.Errorf("%d fields, want at most %d", total, maxFields)
	}
}

// TestHostileDensity: a density of no known unit is none, and one that's beyond
// what a camera has comes through other formats all the same.
func TestHostileDensity(t *testing.T) {
	j, err := jpegdct.NewReader(bytes.NewReader(input(t, "photo420.jpg")))
	if err != nil {
		t.Fatal(err)
	}
	h := *j.Header()
	h.JFIF = &jpegdct.JFIF{Major: 1, Minor: 1, Units: 7, Xdensity: 300, Ydensity: 300}
	h.Segments = nil
	if m := jpegMetadata(&h); m.Density != (Density{}) {
		t.Errorf("a density of unit 7: %v", m.Density)
	}

	most := densityFromMetre(1<<32-1, 1<<32-3, 1)
	for _, want := range []float64{72, 118.11, 0.0001, 429496.5, most.X, most.Y} {
		r := rational(want)
		num, den := binary.BigEndian.Uint32(r), binary.BigEndian.Uint32(r[4:])
		if got := float64(num) / float64(den); math.Abs(got-want) > want/1e6 {
			t.Errorf("%v became %d/%d", want, num, den)
		}
	}
}

// TestNoEXIF: what isn't a TIFF structure isn't kept as EXIF, and doesn't stand in
// for one that comes later.
func TestNoEXIF(t *testing.T) {
	good := newEXIF([]field{{tag: tagOrientation, kind: typeShort, value: shorts(6)}})
	for name, block := range map[string]string{"empty": "", "cut": "II*", "something else": "nonsense, not EXIF"} {
		m := pngMetadata([]pngrow.Chunk{{Type: "eXIf", Data: []byte(block)}, {Type: "eXIf", Data: good}, {Type: "eXIf", Data: []byte(block)}})
		if !bytes.Equal(m.EXIF, good) || m.Orientation != 6 {
			t.Errorf("%s: EXIF %q, orientation %d", name, m.EXIF, m.Orientation)
		}
	}
}
