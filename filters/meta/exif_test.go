package meta

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestDirectoriesThatOverlap: what is read from a small file is bounded by its
// length.
func TestDirectoriesThatOverlap(t *testing.T) {
	t.Run("values", func(t *testing.T) {
		var fields []Field
		for tag := range 1000 {
			fields = append(fields, Field{Tag: uint16(tag), Type: TypeUndefined, Value: []byte("12345")})
		}
		block := NewTIFF(fields)
		for e := range block.Entries(8) {
			copy(e.raw[4:], longs(len(block)-100, 100))
		}
		total := 0
		for _, f := range NewFieldReader(block).Fields(8) {
			total += len(f.Value)
		}
		if total > 2*len(block) {
			t.Errorf("%d bytes of values in a block of %d", total, len(block))
		}
	})
	t.Run("a directory that is named again and again", func(t *testing.T) {
		var fields []Field
		for range 60000 {
			fields = append(fields, Field{Tag: tagExifIFD, Type: TypeLong, Value: longs(8)})
		}
		block := NewTIFF(fields)
		block.setPixelSize(1, 1)
		var count func(fields []Field) int
		count = func(fields []Field) int {
			n := len(fields)
			for _, f := range fields {
				n += count(f.Sub)
			}
			return n
		}
		if n := count(NewFieldReader(block).Fields(8)); 12*n > 2*len(block) {
			t.Errorf("%d fields in a block of %d bytes", n, len(block))
		}
	})
	t.Run("a circle", func(t *testing.T) {
		block := NewTIFF([]Field{{Tag: tagExifIFD, Type: TypeLong, Value: longs(8)}, {Tag: tagGPSIFD, Type: TypeLong, Value: longs(8)}})
		if got := NewFieldReader(block).Fields(8); len(got) > 2 {
			t.Errorf("%d fields", len(got))
		}
	})
}

func TestThumbnailGoes(t *testing.T) {
	// Little-endian: IFD 0 with an orientation, IFD 1 with a thumbnail of 4 bytes.
	block := TIFF("II*\x00\x08\x00\x00\x00" +
		"\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x08\x00\x00\x00\x1a\x00\x00\x00" +
		"\x02\x00\x01\x02\x04\x00\x01\x00\x00\x00\x38\x00\x00\x00\x02\x02\x04\x00\x01\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00" +
		"JPEG")
	var m Metadata
	m.SetEXIF(block)
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

// TestSubjectGoesWithTheSize: a new size drops the subject's place in the old
// image, and nothing else.
func TestSubjectGoesWithTheSize(t *testing.T) {
	exif := []Field{
		{Tag: 0x829a, Type: TypeRational, Value: longs(1, 1754)},
		{Tag: tagSubjectArea, Type: TypeShort, Value: shorts(30, 20, 9, 9)},
		{Tag: tagPixelXDimension, Type: TypeLong, Value: longs(61)},
		{Tag: tagSubjectLocation, Type: TypeShort, Value: shorts(30, 20)},
		{Tag: 0xa420, Type: 2, Value: []byte("0123456789\x00")},
	}
	block := NewTIFF([]Field{{Tag: tagExifIFD, Type: TypeLong, Sub: exif}})
	before := NewFieldReader(block).Fields(8)[0].Sub
	block.setPixelSize(31, 21)
	after := NewFieldReader(block).Fields(8)[0].Sub
	want := []Field{before[0], {Tag: tagPixelXDimension, Type: TypeLong, Value: longs(31)}, before[4]}
	if fmt.Sprint(after) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", after, want)
	}
}

// TestHostileDirectories: of fields with the same tag, which a TIFF must not have,
// the first is read; of IFDs that overlap, as many fields as the bound allows.
func TestHostileDirectories(t *testing.T) {
	artist := func(name string) Field { return Field{Tag: 315, Type: 2, Value: []byte(name + "\x00")} }
	twice := NewTIFF([]Field{artist("first"), artist("second"), {Tag: tagExifIFD, Type: TypeLong, Sub: []Field{artist("sub")}}})
	all := NewFieldReader(twice).Fields(twice.FirstIFD())
	if len(all) != 2 || string(all[0].Value) != "first\x00" || len(all[1].Sub) != 1 {
		t.Errorf("%d fields: %v", len(all), all)
	}

	sub := make([]Field, 1<<16-1)
	for i := range sub {
		sub[i] = Field{Tag: uint16(i), Type: TypeByte, Value: []byte{1}}
	}
	large := NewTIFF(sub)
	r := NewFieldReader(slices.Concat(large, make(TIFF, 10*len(large))))
	total := 0
	for range 10 { // pages
		total += len(r.Fields(large.FirstIFD()))
	}
	if total > maxFields {
		t.Errorf("%d fields, want at most %d", total, maxFields)
	}
}

// TestDepthOfDirectories: the Interoperability IFD, which the Exif IFD names, is read, and
// no IFD that it names in turn.
func TestDepthOfDirectories(t *testing.T) {
	index := Field{Tag: 1, Type: TypeASCII, Value: []byte("R98\x00")}
	version := Field{Tag: 0x9000, Type: TypeUndefined, Value: []byte("0231")}
	deeper := Field{Tag: tagExifIFD, Type: TypeLong, Sub: []Field{version}}
	interop := Field{Tag: tagInteropIFD, Type: TypeLong, Sub: []Field{index, deeper}}
	block := NewTIFF([]Field{{Tag: tagExifIFD, Type: TypeLong, Sub: []Field{version, interop}}})
	got := NewFieldReader(block).Fields(block.FirstIFD())
	interop.Sub = []Field{index}
	want := []Field{{Tag: tagExifIFD, Type: TypeLong, Sub: []Field{version, interop}}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestRational: a resolution far beyond that of a camera is stored too.
func TestRational(t *testing.T) {
	most := ResolutionOfPNG(1<<32-1, 1<<32-3, 1)
	for _, want := range []float64{72, 118.11, 0.0001, 429496.5, most.X, most.Y} {
		r := rational(want)
		num, den := binary.BigEndian.Uint32(r), binary.BigEndian.Uint32(r[4:])
		if got := float64(num) / float64(den); math.Abs(got-want) > want/1e6 {
			t.Errorf("%v became %d/%d", want, num, den)
		}
	}
}

// TestOrientationOfBrokenEntries: a wrong type or count, or an IFD that is cut off,
// does not cost the orientation, and the orientation can be set.
func TestOrientationOfBrokenEntries(t *testing.T) {
	for name, c := range map[string]struct {
		block string
		want  int
	}{
		"valid":                {"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00", 6},
		"SSHORT":               {"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x08\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00", 6},
		"little-endian SLONG":  {"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x09\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00", 6},
		"big-endian LONG":      {"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x04\x00\x00\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00", 6},
		"BYTE":                 {"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x01\x00\x00\x00\x01\x06\x00\x00\x00\x00\x00\x00\x00", 6},
		"a count of 2":         {"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x02\x00\x06\x00\x00\x00\x00\x00\x00", 6},
		"a count of 0":         {"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00", 6},
		"fewer entries":        {"MM\x00*\x00\x00\x00\x08\x00\x09\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00", 6},
		"9 is no orientation":  {"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x09\x00\x00\x00\x00\x00\x00", 1},
		"an offset of 0x10006": {"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x04\x00\x02\x00\x00\x00\x06\x00\x01\x00\x00\x00\x00\x00", 1},
	} {
		var m Metadata
		m.SetEXIF([]byte(c.block))
		if m.Orientation != c.want {
			t.Errorf("%s: orientation %d, want %d", name, m.Orientation, c.want)
		}
		m.SetUpright()
		if got := m.EXIF.Orientation(m.EXIF.FirstIFD()); got != 1 {
			t.Errorf("%s: orientation %d after SetUpright, want 1", name, got)
		}
	}
}
