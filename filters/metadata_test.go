package filters

import (
	"bytes"
	"fmt"
	"image"
	"strings"
	"testing"

	"imgpipe/filters/pngrow"
)

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
// A density without EXIF is kept, also where the format has no place for it but EXIF.
func TestDensityBetweenFormats(t *testing.T) {
	want := Density{1, 300, 150}
	for _, format := range []Format{JPEG, PNG, TIFF, WebP} {
		p := &Picture{Format: format, Frames: []Frame{{Image: decode(t, input(t, "rgb8.png"))}}, Meta: Metadata{Density: want}}
		var file bytes.Buffer
		if err := Encode(&file, p, Options{}); err != nil {
			t.Fatal(err)
		}
		if got := metadata(t, file.Bytes()).Density; got != want {
			t.Errorf("%s: got %v, want %v", format, got, want)
		}
	}
}

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
