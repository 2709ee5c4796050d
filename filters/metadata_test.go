package filters

import (
	"bytes"
	"fmt"
	"image"
	"strings"
	"testing"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/meta"
)

// Tags of EXIF in the tests.
const (
	tagOrientation     = 0x0112
	tagXResolution     = 0x011a
	tagYResolution     = 0x011b
	tagResolutionUnit  = 0x0128
	tagExifIFD         = 0x8769
	tagGPSIFD          = 0x8825
	tagExposureTime    = 0x829a
	tagMakerNote       = 0x927c
	tagPixelXDimension = 0xa002
	tagPixelYDimension = 0xa003
)

// describedEXIF is a block as a camera writes it, with a maker's note, GPS, and
// an orientation.
func describedEXIF(w, h, orientation int) meta.TIFF {
	ascii := func(tag uint16, s string) meta.Field {
		return meta.Field{Tag: tag, Type: meta.TypeASCII, Value: []byte(s + "\x00")}
	}
	rational := func(tag uint16, v ...int) meta.Field {
		return meta.Field{Tag: tag, Type: meta.TypeRational, Value: longs(v...)}
	}
	exif := []meta.Field{
		rational(tagExposureTime, 1, 1754),
		{Tag: tagMakerNote, Type: meta.TypeUndefined, Value: []byte("maker's note")},
		meta.LongField(tagPixelXDimension, w),
		meta.ShortField(tagPixelYDimension, h),
	}
	gps := []meta.Field{ascii(1, "N"), rational(2, 51, 1, 30, 1, 0, 1)}
	return meta.NewTIFF([]meta.Field{
		ascii(271, "Maker"), ascii(315, "Artist"),
		meta.ShortField(tagOrientation, orientation),
		rational(tagXResolution, 300, 1),
		rational(tagYResolution, 300, 1),
		meta.ShortField(tagResolutionUnit, 2),
		{Tag: tagExifIFD, Type: meta.TypeLong, Sub: exif}, {Tag: tagGPSIFD, Type: meta.TypeLong, Sub: gps},
	})
}

// fieldsOf reads the fields of IFD 0.
func fieldsOf(t meta.TIFF) []meta.Field { return meta.NewFieldReader(t).Fields(t.FirstIFD()) }

func longs(v ...int) []byte { return meta.LongField(0, v...).Value }

func shorts(v ...int) []byte { return meta.ShortField(0, v...).Value }

const describedXMP = `<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description tiff:Orientation="6" tiff:ImageWidth='61' dc:subject="kept">` +
	`<exif:PixelXDimension>61</exif:PixelXDimension></rdf:Description></rdf:RDF></x:xmpmeta>`

// described returns a file of 61 x 41 pixels, stored sideways, with all metadata
// that its format can hold.
func described(t *testing.T, f codec.Format) []byte {
	t.Helper()
	p := &codec.Picture{Format: f, Frames: []codec.Frame{{Image: decode(t, imagetest.Input(t, "rgb8.png"))}}}
	w, h := p.Frames[0].Image.Bounds().Dx(), p.Frames[0].Image.Bounds().Dy()
	p.Frames[0].Meta = meta.Metadata{
		Orientation: 6, EXIF: describedEXIF(w, h, 6), XMP: []byte(describedXMP),
		ICC: metadata(t, imagetest.Input(t, "displayp3.jpg")).ICC, Comments: [][]byte{[]byte("caf\u00e9")}, Resolution: meta.Resolution{Unit: 1, X: 300, Y: 300},
	}
	var b bytes.Buffer
	if err := codec.Encode(&b, p, codec.EncodeOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// said lists in words what metadata say.
func said(m *meta.Metadata, w, h int) string {
	var s []string
	say := func(ok bool, what string) {
		if ok {
			s = append(s, what)
		}
	}
	say(m.Orientation > 1, fmt.Sprint("tag ", m.Orientation))
	if m.EXIF != nil {
		kept := map[uint16]string{}
		for _, f := range fieldsOf(m.EXIF) {
			kept[f.Tag] = string(f.Value)
			for _, g := range f.Sub {
				kept[g.Tag] = string(g.Value)
			}
		}
		say(kept[271] == "Maker\x00" && kept[315] == "Artist\x00", "maker")
		say(kept[tagExposureTime] == string(longs(1, 1754)) && kept[tagMakerNote] == "maker's note", "exposure")
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
	if r := m.Resolution; r.X > 0 {
		x, y, _ := r.PNG()
		s = append(s, fmt.Sprint(x, " x ", y))
	}
	return strings.Join(s, ", ")
}

// TestMetadata converts between all formats that hold metadata. Only JPEG and PNG
// hold comments. The orientation is kept where the format stays the same.
func TestMetadata(t *testing.T) {
	formats := []codec.Format{codec.JPEG, codec.PNG, codec.TIFF, codec.WebP}
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
						p, err := codec.Decode(&out, codec.DecodeOptions{})
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
						if has := func(f codec.Format) bool { return f == codec.JPEG || f == codec.PNG }; has(from) && has(to) {
							want = append(want, "caf\u00e9")
						}
						want = append(want, "11811 x 11811")
						if o.Strip {
							want = nil
						}
						b := p.Frames[0].Image.Bounds().Size()
						if got := said(&p.Frames[0].Meta, b.X, b.Y); got != strings.Join(want, ", ") || b != size {
							t.Errorf("%v: %s\nwant %v: %s", b, got, size, strings.Join(want, ", "))
						}
					})
				}
			}
		}
	}
}

// TestPagesKeepTheirOwn: each page of a TIFF keeps its own metadata.
func TestPagesKeepTheirOwn(t *testing.T) {
	m := imagetest.Noise(image.NewNRGBA(image.Rect(0, 0, 6, 4)))
	describe := func(s string) meta.Metadata {
		return meta.Metadata{EXIF: meta.NewTIFF([]meta.Field{{Tag: 270, Type: meta.TypeASCII, Value: []byte(s + "\x00")}}), XMP: []byte("<" + s + "/>"), Resolution: meta.Resolution{Unit: 1, X: float64(len(s)), Y: 72.5}}
	}
	p := &codec.Picture{Format: codec.TIFF, Frames: []codec.Frame{{Image: m, Meta: describe("one")}, {Image: m, Meta: describe("second")}}}
	var in, out bytes.Buffer
	if err := codec.Encode(&in, p, codec.EncodeOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := Run(&out, &in, Scale{}, Options{}); err != nil {
		t.Fatal(err)
	}
	got, err := codec.Decode(&out, codec.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []meta.Metadata{describe("one"), describe("second")} {
		g := got.Frames[i].Meta
		if !bytes.Equal(fieldsOf(g.EXIF)[0].Value, fieldsOf(want.EXIF)[0].Value) || !bytes.Equal(g.XMP, want.XMP) || g.Resolution != want.Resolution {
			t.Errorf("page %d: %q, %s, %v; want %q, %s, %v", i, g.EXIF, g.XMP, g.Resolution, want.EXIF, want.XMP, want.Resolution)
		}
	}
}

func TestMetadataOfJPEG(t *testing.T) {
	var out bytes.Buffer
	if err := Run(&out, bytes.NewReader(imagetest.Input(t, "sideways.jpg")), Scale{}, Options{}); err != nil {
		t.Fatal(err)
	}
	if m := metadata(t, out.Bytes()); m.Orientation != 6 {
		t.Errorf("the orientation of a half is %d, want 6: pixels stay as they are stored", m.Orientation)
	}
	profile := metadata(t, imagetest.Input(t, "displayp3.jpg")).ICC
	for _, c := range []struct {
		filter Filter
		format codec.Format
		want   []byte
	}{
		{Scale{}, codec.JPEG, profile}, {Gray{}, codec.JPEG, nil}, {Scale{}, codec.PNG, profile}, {Scale{}, codec.TIFF, profile},
	} {
		out.Reset()
		if err := Run(&out, bytes.NewReader(imagetest.Input(t, "displayp3.jpg")), c.filter, Options{Format: c.format}); err != nil {
			t.Fatal(err)
		}
		p, err := codec.Decode(&out, codec.DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(p.Frames[0].Meta.ICC, c.want) {
			t.Errorf("%T to %s: a profile of %d bytes, want %d", c.filter, c.format, len(p.Frames[0].Meta.ICC), len(c.want))
		}
	}
}

// metadata returns the metadata of a file.
func metadata(t *testing.T, data []byte) meta.Metadata {
	t.Helper()
	p, err := codec.Decode(bytes.NewReader(data), codec.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Frames[0].Meta
}

func TestNoProfileIsNoProfile(t *testing.T) {
	for _, format := range []codec.Format{codec.PNG, codec.TIFF} {
		var out bytes.Buffer
		if err := Run(&out, bytes.NewReader(imagetest.Input(t, "photo420.jpg")), Scale{}, Options{Format: format}); err != nil {
			t.Fatal(err)
		}
		if format == codec.PNG && bytes.Contains(out.Bytes(), []byte("iCCP")) || metadata(t, out.Bytes()).ICC != nil {
			t.Errorf("%s: a profile of nothing is written", format)
		}
	}
}

// TestResolutionBetweenFormats: a resolution is kept without EXIF, also by a
// format that can hold it only in EXIF.
func TestResolutionBetweenFormats(t *testing.T) {
	want := meta.Resolution{Unit: 1, X: 300, Y: 150}
	for _, format := range []codec.Format{codec.JPEG, codec.PNG, codec.TIFF, codec.WebP} {
		p := &codec.Picture{Format: format, Frames: []codec.Frame{{Image: decode(t, imagetest.Input(t, "rgb8.png")), Meta: meta.Metadata{Resolution: want}}}}
		var file bytes.Buffer
		if err := codec.Encode(&file, p, codec.EncodeOptions{}); err != nil {
			t.Fatal(err)
		}
		if got := metadata(t, file.Bytes()).Resolution; got != want {
			t.Errorf("%s: got %v, want %v", format, got, want)
		}
	}
}
