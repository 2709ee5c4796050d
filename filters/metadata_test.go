package filters

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"

	"github.com/disintegration/imaging"

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

const describedXMP = `<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description tiff:Orientation="6" tiff:ImageWidth='61' dc:subject="kept">` +
	`<exif:PixelXDimension>61</exif:PixelXDimension></rdf:Description></rdf:RDF></x:xmpmeta>`

// described is a picture of 61 x 41 in a format, stored sideways, of which
// everything is said that the format can say.
func described(t *testing.T, f Format) []byte {
	t.Helper()
	p := &Picture{Format: f, Frames: []Frame{{Image: decode(t, input(t, "rgb8.png"))}}}
	w, h := p.Frames[0].Image.Bounds().Dx(), p.Frames[0].Image.Bounds().Dy()
	p.Meta = Metadata{
		Orientation: 6, EXIF: describedEXIF(w, h), XMP: []byte(describedXMP),
		ICC: metadata(t, input(t, "displayp3.jpg")).ICC, Comments: [][]byte{[]byte("caf\u00e9")}, Density: Density{1, 300, 300},
	}
	var b bytes.Buffer
	if err := Encode(&b, p, Options{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// said is what a picture's metadata says, in words.
func said(m *Metadata, w, h int) string {
	var s []string
	say := func(ok bool, what string) {
		if ok {
			s = append(s, what)
		}
	}
	say(m.Orientation > 1, fmt.Sprint("tag ", m.Orientation))
	if m.EXIF != nil {
		kept := map[uint16]string{}
		for _, f := range m.EXIF.directoryAt(m.EXIF.ifd0()) {
			kept[f.tag] = string(f.value)
			for _, g := range f.sub {
				kept[g.tag] = string(g.value)
			}
		}
		say(kept[271] == "Maker\x00" && kept[315] == "Artist\x00", "maker")
		say(kept[0x829a] == string(longs(1, 1754)) && kept[0x927c] == "maker's note", "exposure")
		say(kept[2] == string(longs(51, 1, 30, 1, 0, 1)), "place")
		say(kept[tagPixelXDimension] == string(longs(w)) && kept[tagPixelYDimension] == string(shorts(h)), "size")
	}
	say(bytes.Contains(m.XMP, []byte(`dc:subject="kept"`)), "subject")
	say(bytes.Contains(m.XMP, fmt.Appendf(nil, `tiff:Orientation="%d"`, max(m.Orientation, 1))) &&
		bytes.Contains(m.XMP, fmt.Appendf(nil, `tiff:ImageWidth='%d'`, w)) &&
		bytes.Contains(m.XMP, fmt.Appendf(nil, `<exif:PixelXDimension>%d</exif:PixelXDimension>`, w)), "XMP's size and tag")
	say(len(m.ICC) > 0, "profile")
	for _, c := range m.Comments {
		s = append(s, string(c))
	}
	if d := m.Density; d.X > 0 {
		x, y, _ := d.metre()
		s = append(s, fmt.Sprint(x, " x ", y))
	}
	return strings.Join(s, ", ")
}

// TestMetadata has every pair of formats that carry metadata. A comment is what
// only JPEG and PNG have; the orientation stays where the format does.
func TestMetadata(t *testing.T) {
	formats := []Format{JPEG, PNG, TIFF, WebP}
	for _, from := range formats {
		in := described(t, from)
		for _, to := range formats {
			for _, f := range []Filter{Gray{}, Scale{}} {
				for _, o := range []Options{{}, {Upright: true}, {Strip: true}} {
					t.Run(fmt.Sprintf("%s %T %s %v %v", from, f, to, o.Upright, o.Strip), func(t *testing.T) {
						o.Format = to
						var out bytes.Buffer
						if err := Run(&out, bytes.NewReader(in), f, o); err != nil {
							t.Fatal(err)
						}
						p, err := Decode(&out, Limits{})
						if err != nil {
							t.Fatal(err)
						}
						want := []string{"maker", "exposure", "place", "size", "subject", "XMP's size and tag"}
						size := image.Pt(61, 41)
						if _, ok := f.(Scale); ok {
							want, size = append(want, "profile"), image.Pt(31, 21)
						}
						if from != to || o.Upright || o.Strip {
							size.X, size.Y = size.Y, size.X
						} else {
							want = append([]string{"tag 6"}, want...)
						}
						if has := func(f Format) bool { return f == JPEG || f == PNG }; has(from) && has(to) {
							want = append(want, "caf\u00e9")
						}
						want = append(want, "11811 x 11811")
						if o.Strip {
							want = nil
						}
						b := p.Frames[0].Image.Bounds().Size()
						if got := said(&p.Meta, b.X, b.Y); got != strings.Join(want, ", ") || b != size {
							t.Errorf("%v: %s\nwant %v: %s", b, got, size, strings.Join(want, ", "))
						}
					})
				}
			}
		}
	}
}

// TestOrientations: whatever the tag, -upright and another format show what a
// viewer shows that goes by the tag.
func TestOrientations(t *testing.T) {
	turns := []func(image.Image) *image.NRGBA{
		1: imaging.Clone, imaging.FlipH, imaging.Rotate180, imaging.FlipV,
		imaging.Transpose, imaging.Rotate270, imaging.Transverse, imaging.Rotate90,
	}
	stored := decode(t, input(t, "rgb8.png"))
	for _, format := range []Format{JPEG, PNG, TIFF, WebP} {
		for tag := 1; tag <= 8; tag++ {
			p := &Picture{Format: format, Frames: []Frame{{Image: stored}}, Meta: Metadata{EXIF: describedEXIF(61, 41), Orientation: tag}}
			p.Meta.EXIF.setOrientation(tag)
			var in bytes.Buffer
			if err := Encode(&in, p, Options{Quality: 100}); err != nil {
				t.Fatal(err)
			}
			for name, o := range map[string]Options{"kept": {}, "upright": {Upright: true}, "stripped": {Strip: true}, "BMP": {Format: BMP}, "PAM": {Format: PAM}} {
				var out bytes.Buffer
				if err := Run(&out, bytes.NewReader(in.Bytes()), Scale{Factor: Factor{1, 1}}, o); err != nil {
					t.Fatal(err)
				}
				p, err := Decode(&out, Limits{})
				if err != nil {
					t.Fatal(err)
				}
				want, wantTag := turns[tag](stored), 1
				if name == "kept" {
					want, wantTag = imaging.Clone(stored), tag
				}
				if got := max(p.Meta.Orientation, 1); got != wantTag {
					t.Errorf("%s with tag %d, %s: tag %d, want %d", format, tag, name, got, wantTag)
				}
				least := 60.0
				if format == JPEG {
					least = 30 // its chroma has half the size, and a side is odd
				}
				if _, psnr := compare(t, toRGB(p.Frames[0].Image), want); psnr < least {
					t.Errorf("%s with tag %d, %s: PSNR %.1f dB, want %.0f", format, tag, name, psnr, least)
				}
			}
		}
	}
}

// TestUprightKeepsSampling turns luma and chroma apart where that can be.
func TestUprightKeepsSampling(t *testing.T) {
	for _, c := range []struct {
		w, h     int
		in, want image.YCbCrSubsampleRatio
		apart    bool
	}{
		{16, 8, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio420, true},
		{16, 8, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio440, true},
		{16, 8, image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio444, true},
		{15, 8, image.YCbCrSubsampleRatio420, 0, false},
		{16, 8, image.YCbCrSubsampleRatio411, 0, false},
	} {
		m := noise(image.NewYCbCr(image.Rect(0, 0, c.w, c.h), c.in)).(*image.YCbCr)
		got := upright(m, 6)
		y, apart := got.(*image.YCbCr)
		if apart != c.apart || apart && y.SubsampleRatio != c.want {
			t.Errorf("%v of %d x %d turned: %T", c.in, c.w, c.h, got)
		}
		if most, psnr := compare(t, toRGB(got), upright(rgbOf(m), 6)); psnr < 45 {
			t.Errorf("%v of %d x %d turned: differs by up to %d, PSNR %.1f dB", c.in, c.w, c.h, most, psnr)
		}
	}
}

// TestOtherPicturesGo: what a packet says of pictures that don't go along.
func TestOtherPicturesGo(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`<a hdrgm:Version="1.0" b="c"/>`, `<a b="c"/>`},
		{`<a hdrgm:Version='1.0'	hdrgm:Max="2">x</a>`, `<a>x</a>`},
		{`<a><hdrgm:Version>1</hdrgm:Version><hdrgm:Max/>x</a>`, `<a>x</a>`},
		{`<a><Container:Directory><rdf:Seq>1</rdf:Seq></Container:Directory></a>`, `<a></a>`},
		{`<a><xmp:Thumbnails rdf:parseType="Resource">base64</xmp:Thumbnails></a>`, `<a></a>`},
		{`<a xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" b="hdrgm:"/>`, `<a xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" b="hdrgm:"/>`},
		{`<a xmpNote:HasExtendedXMP="0123"/>`, `<a/>`},
		{`<a hdrgm:Version="1.0`, ``},
		{`<a><hdrgm:Version>`, ``},
		{`hdrgm:`, `hdrgm:`},
		{``, ``},
	} {
		var m Metadata
		m.setXMP([]byte(c.in))
		if string(m.XMP) != c.want {
			t.Errorf("of %s is kept %s, want %s", c.in, m.XMP, c.want)
		}
	}
}

// TestTextOfPNG has the ways in which a PNG says what other formats say too.
func TestTextOfPNG(t *testing.T) {
	raw := fmt.Sprintf("\nexif\n%8d\n%x\n", 6+8, headEXIF+"II*\x00\x08\x00\x00\x00")
	for _, c := range []struct{ name, kind, data, comment, xmp, exif string }{
		{"Latin-1", "tEXt", "Comment\x00caf\xe9", "café", "", ""},
		{"packed", "zTXt", "comment\x00\x00" + packed("caf\xe9"), "café", "", ""},
		{"UTF-8", "iTXt", "Comment\x00\x00\x00fr\x00\x00café", "café", "", ""},
		{"packed UTF-8", "iTXt", "Comment\x00\x01\x00\x00\x00" + packed("café"), "café", "", ""},
		{"XMP", "iTXt", keywordXMP + "\x00\x00\x00\x00\x00<x/>", "", "<x/>", ""},
		{"packed XMP", "iTXt", keywordXMP + "\x00\x01\x00\x00\x00" + packed("<x/>"), "", "<x/>", ""},
		{"ImageMagick's EXIF", "zTXt", "Raw profile type exif\x00\x00" + packed(raw), "", "", "II*\x00\x08\x00\x00\x00"},
		{"badly packed", "zTXt", "comment\x00\x00nonsense", "", "", ""},
		{"without its zeros", "iTXt", "Comment\x00\x00\x00", "", "", ""},
	} {
		m := pngMetadata([]pngrow.Chunk{{Type: c.kind, Data: []byte(c.data)}})
		if got := string(bytes.Join(m.Comments, nil)); got != c.comment || string(m.XMP) != c.xmp || string(m.EXIF) != c.exif {
			t.Errorf("%s: comment %q, XMP %q, EXIF %q", c.name, got, m.XMP, m.EXIF)
		}
	}
}

func packed(s string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

// TestPNGKeepsItsChunks: those that only a PNG has, and a density exactly.
func TestPNGKeepsItsChunks(t *testing.T) {
	chunks := []pngrow.Chunk{
		{Type: "gAMA", Data: longs(100000)}, {Type: "cHRM", Data: make([]byte, 32)}, {Type: "cICP", Data: []byte{9, 16, 0, 1}},
		{Type: "pHYs", Data: append(longs(1000, 1001), 1)}, {Type: "tEXt", Data: []byte("Title\x00kept")}, {Type: "tIME", Data: make([]byte, 7)},
	}
	var in bytes.Buffer
	w, err := pngrow.NewWriter(&in, pngrow.Header{Width: 2, Height: 1, BitDepth: 8, ColourType: pngrow.RGB, Chunks: chunks})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteRow([]byte("abcdef")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		filter Filter
		want   string
	}{
		{Scale{}, "gAMA cHRM cICP pHYs tEXt"}, {Gray{}, "gAMA cICP pHYs tEXt"}, // primaries aren't of gray
	} {
		var out bytes.Buffer
		if err := Run(&out, bytes.NewReader(in.Bytes()), c.filter, Options{}); err != nil {
			t.Fatal(err)
		}
		r, err := pngrow.NewReader(&out)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, kept := range r.Header().Chunks {
			for _, was := range chunks {
				if was.Type == kept.Type && bytes.Equal(was.Data, kept.Data) {
					got = append(got, kept.Type)
				}
			}
		}
		for _, kind := range strings.Fields(c.want) {
			if !slices.Contains(got, kind) {
				t.Errorf("%T: %s isn't what it was, of %v", c.filter, kind, got)
			}
		}
		if len(got) != len(strings.Fields(c.want)) {
			t.Errorf("%T: kept %v, want %s", c.filter, got, c.want)
		}
	}
}

// TestPagesKeepTheirOwn: each page of a TIFF has its metadata.
func TestPagesKeepTheirOwn(t *testing.T) {
	m := noise(image.NewNRGBA(image.Rect(0, 0, 6, 4)))
	describe := func(s string) *Metadata {
		return &Metadata{EXIF: newEXIF([]field{{tag: 270, kind: 2, value: []byte(s + "\x00")}}), XMP: []byte("<" + s + "/>"), Density: Density{1, float64(len(s)), 72.5}}
	}
	p := &Picture{Format: TIFF, Frames: []Frame{{Image: m}, {Image: m, meta: describe("second")}}, Meta: *describe("one")}
	var in, out bytes.Buffer
	if err := Encode(&in, p, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := Run(&out, &in, Scale{}, Options{}); err != nil {
		t.Fatal(err)
	}
	got, err := Decode(&out, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []*Metadata{describe("one"), describe("second")} {
		g := got.metaOf(i)
		if !bytes.Equal(g.EXIF.directoryAt(8)[0].value, want.EXIF.directoryAt(8)[0].value) || !bytes.Equal(g.XMP, want.XMP) || g.Density != want.Density {
			t.Errorf("page %d: %q, %s, %v; want %q, %s, %v", i, g.EXIF, g.XMP, g.Density, want.EXIF, want.XMP, want.Density)
		}
	}
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

func TestUprightTurnsBack(t *testing.T) {
	m := noise(image.NewNRGBA(image.Rect(0, 0, 5, 3)))
	for o, want := range map[int]func(image.Image) *image.NRGBA{
		2: imaging.FlipH, 3: imaging.Rotate180, 4: imaging.FlipV, 5: imaging.Transpose,
		6: imaging.Rotate270, 7: imaging.Transverse, 8: imaging.Rotate90,
	} {
		got := upright(m, o).(*image.NRGBA)
		if w := want(m); got.Rect != w.Rect || !bytes.Equal(got.Pix, w.Pix) {
			t.Errorf("orientation %d: not what imaging makes of it", o)
		}
	}
}

func TestMetadataOfJPEG(t *testing.T) {
	var out bytes.Buffer
	if err := Run(&out, bytes.NewReader(input(t, "sideways.jpg")), Scale{}, Options{}); err != nil {
		t.Fatal(err)
	}
	if m := metadata(t, out.Bytes()); m.Orientation != 6 {
		t.Errorf("the orientation of a half is %d, want 6: pixels stay as they are stored", m.Orientation)
	}
	profile := metadata(t, input(t, "displayp3.jpg")).ICC
	for _, c := range []struct {
		filter Filter
		format Format
		want   []byte
	}{
		{Scale{}, JPEG, profile}, {Gray{}, JPEG, nil}, {Scale{}, PNG, profile}, {Scale{}, TIFF, profile},
	} {
		out.Reset()
		if err := Run(&out, bytes.NewReader(input(t, "displayp3.jpg")), c.filter, Options{Format: c.format}); err != nil {
			t.Fatal(err)
		}
		p, err := Decode(&out, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(p.Meta.ICC, c.want) {
			t.Errorf("%T to %s: a profile of %d bytes, want %d", c.filter, c.format, len(p.Meta.ICC), len(c.want))
		}
	}
}

// metadata is what is kept of an encoded picture.
func metadata(t *testing.T, data []byte) Metadata {
	t.Helper()
	p, err := Decode(bytes.NewReader(data), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Meta
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

func TestPagesTurnedDifferently(t *testing.T) {
	// Two pages; the second one's directory is given another orientation.
	m := noise(image.NewGray(image.Rect(0, 0, 6, 4)))
	var b bytes.Buffer
	if err := Encode(&b, &Picture{Format: TIFF, Frames: []Frame{{Image: m}, {Image: m}}}, Options{}); err != nil {
		t.Fatal(err)
	}
	file := tiffData(b.Bytes())
	link := file.entries(file.ifd0(), func([]byte) {})
	file.entries(int(file.order().Uint32(file[link:])), func(entry []byte) {
		if file.order().Uint16(entry) == tagOrientation {
			file.setInt(entry, 6)
		}
	})
	for _, c := range []struct {
		o      Options
		tags   [2]int
		widths [2]int
	}{
		{Options{}, [2]int{1, 6}, [2]int{6, 6}},
		{Options{Upright: true}, [2]int{1, 1}, [2]int{6, 4}},
	} {
		var out bytes.Buffer
		if err := Run(&out, bytes.NewReader(file), Gray{}, c.o); err != nil {
			t.Fatal(err)
		}
		p, err := Decode(&out, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			if tag, w := p.metaOf(i).Orientation, p.Frames[i].Image.Bounds().Dx(); tag != c.tags[i] || w != c.widths[i] {
				t.Errorf("%+v: page %d has orientation %d and is %d wide, want %d and %d", c.o, i, tag, w, c.tags[i], c.widths[i])
			}
		}
	}
}

func TestNoProfileIsNoProfile(t *testing.T) {
	for _, format := range []Format{PNG, TIFF} {
		var out bytes.Buffer
		if err := Run(&out, bytes.NewReader(input(t, "photo420.jpg")), Scale{}, Options{Format: format}); err != nil {
			t.Fatal(err)
		}
		if format == PNG && bytes.Contains(out.Bytes(), []byte("iCCP")) || metadata(t, out.Bytes()).ICC != nil {
			t.Errorf("%s: a profile of nothing is written", format)
		}
	}
}

// FuzzMetadata: whatever a file says besides its pixels can be taken over,
// changed and written in every way.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte(describedEXIF(61, 41)))
	f.Add([]byte(describedXMP))
	f.Add([]byte(`<a hdrgm:Version="1.0" b="c"/><xmp:Thumbnails>`))
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x01\x00\x69\x87\x04\x00\x01\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPEXIF\x08\x00\x00\x00II*\x00\x08\x00\x00\x00XMP \x01\x00\x00\x00x\x00"))
	f.Add([]byte("Comment\x00\x01\x00\x00\x00x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m Metadata
		m.setEXIF(data)
		m.setXMP(data)
		if len(m.XMP) > len(data) {
			t.Errorf("%d bytes of XMP from %d", len(m.XMP), len(data))
		}
		m.setDensity()
		m.setSize(70000, 3)
		m.setUpright()
		if o := m.EXIF.orientation(); o != 1 {
			t.Errorf("orientation %d after it was set to 1", o)
		}
		fields := m.tiffFields()
		block := newEXIF(fields)
		if len(block) > 4*len(data)+1000 {
			t.Errorf("%d bytes of fields from %d", len(block), len(data))
		}
		if again := block.directoryAt(8); len(again) > len(fields) {
			t.Errorf("%d fields become %d", len(fields), len(again))
		}
		for _, kind := range []string{"tEXt", "zTXt", "iTXt", "iCCP", "eXIf", "pHYs"} {
			p := pngMetadata([]pngrow.Chunk{{Type: kind, Data: data}})
			p.pngChunks()
			p.jpegSegments()
		}
		_, _ = webpMetadata(data)
	})
}
