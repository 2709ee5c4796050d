package codec

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"slices"
	"strings"
	"testing"

	"imgpipe/filters/meta"
	"imgpipe/filters/pngrow"
)

// TestTextOfPNG has the ways in which a PNG stores comments, XMP and EXIF.
func TestTextOfPNG(t *testing.T) {
	const block = "II*\x00\x08\x00\x00\x00"
	raw := fmt.Sprintf("\nexif\n%8d\n%x\n", 6+8, headEXIF+block)
	headless := fmt.Sprintf("\nexif\n%8d\n%x\n", 8, block)
	for _, c := range []struct{ name, kind, data, comment, xmp, exif string }{
		{"Latin-1", "tEXt", "Comment\x00caf\xe9", "café", "", ""},
		{"packed", "zTXt", "comment\x00\x00" + packed("caf\xe9"), "café", "", ""},
		{"UTF-8", "iTXt", "Comment\x00\x00\x00fr\x00\x00café", "café", "", ""},
		{"packed UTF-8", "iTXt", "Comment\x00\x01\x00\x00\x00" + packed("café"), "café", "", ""},
		{"XMP", "iTXt", keywordXMP + "\x00\x00\x00\x00\x00<x/>", "", "<x/>", ""},
		{"packed XMP", "iTXt", keywordXMP + "\x00\x01\x00\x00\x00" + packed("<x/>"), "", "<x/>", ""},
		{"ImageMagick's EXIF", "zTXt", "Raw profile type exif\x00\x00" + packed(raw), "", "", block},
		{"ImageMagick's EXIF without a head", "zTXt", "Raw profile type exif\x00\x00" + packed(headless), "", "", block},
		{"EXIF", "eXIf", block, "", "", block},
		{"EXIF with the head of JPEG", "eXIf", headEXIF + block, "", "", block},
		{"badly packed", "zTXt", "comment\x00\x00nonsense", "", "", ""},
		{"without its zeros", "iTXt", "Comment\x00\x00\x00", "", "", ""},
	} {
		m, _ := pngMetadata([]pngrow.Chunk{{Type: c.kind, Data: []byte(c.data)}})
		if got := string(bytes.Join(m.Comments, nil)); got != c.comment || string(m.XMP) != c.xmp || string(m.EXIF) != c.exif {
			t.Errorf("%s: comment %q, XMP %q, EXIF %q", c.name, got, m.XMP, m.EXIF)
		}
	}
}

// TestPNGMetadataAreBounded: one bound holds for the contents of all chunks
// together, compressed or not.
func TestPNGMetadataAreBounded(t *testing.T) {
	long := strings.Repeat("a", maxPNGMetadata/4+1)
	for _, c := range []struct{ name, kind, data string }{
		{"packed", "zTXt", "Comment\x00\x00" + packed(long)},
		{"packed UTF-8", "iTXt", "Comment\x00\x01\x00\x00\x00" + packed(long)},
		{"plain", "tEXt", "Comment\x00" + long},
		{"UTF-8", "iTXt", "Comment\x00\x00\x00\x00\x00" + long},
	} {
		m, _ := pngMetadata(slices.Repeat([]pngrow.Chunk{{Type: c.kind, Data: []byte(c.data)}}, 6))
		if len(m.Comments) != 3 {
			t.Errorf("%s: %d comments of %d bytes, want 3", c.name, len(m.Comments), len(long))
		}
	}
	if m, _ := pngMetadata([]pngrow.Chunk{{Type: "eXIf", Data: make([]byte, maxPNGMetadata+1)}}); m.EXIF != nil {
		t.Errorf("EXIF of %d bytes", len(m.EXIF))
	}
}

// TestBrokenProfileOfPNG: a profile that cannot be unpacked is a breach.
func TestBrokenProfileOfPNG(t *testing.T) {
	var file bytes.Buffer
	w, err := pngrow.NewWriter(&file, pngrow.Header{Width: 1, Height: 1, BitDepth: 8, Chunks: []pngrow.Chunk{{Type: "iCCP", Data: []byte("icc\x00\x00nonsense")}}})
	if err != nil {
		t.Fatal(err)
	}
	_ = w.WriteRow([]byte{0}) // to memory: it cannot fail
	_ = w.Close()
	var breach error
	p, err := Decode(&file, DecodeOptions{Tolerate: func(err error) error { breach = err; return nil }})
	const want = "corrupt PNG: the profile in the iCCP chunk cannot be unpacked"
	if err != nil || p.Frames[0].Meta.ICC != nil || breach == nil || breach.Error() != want {
		t.Errorf("error %v and breach %v, want none and %s", err, breach, want)
	}
}

// TestNoXMP: where nothing of a packet can be kept, no empty packet is written.
func TestNoXMP(t *testing.T) {
	for name, text := range map[string]string{"badly packed": "\x01\x00\x00\x00nonsense", "without an end": "\x00\x00\x00\x00<xmp:Thumbnails>", "empty": "\x00\x00\x00\x00"} {
		m, _ := pngMetadata([]pngrow.Chunk{{Type: "iTXt", Data: []byte(keywordXMP + "\x00" + text)}})
		if all := jpegSegments(&m); len(all) > 0 {
			t.Errorf("%s: a segment of %q", name, all[0].Data)
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

// TestNoEXIF: a chunk without a TIFF structure is not kept as EXIF. A valid chunk
// behind it is.
func TestNoEXIF(t *testing.T) {
	good := meta.NewTIFF([]meta.Field{meta.ShortField(0x0112, 6)})
	for name, block := range map[string]string{"empty": "", "cut": "II*", "something else": "nonsense, not EXIF"} {
		m, _ := pngMetadata([]pngrow.Chunk{{Type: "eXIf", Data: []byte(block)}, {Type: "eXIf", Data: good}, {Type: "eXIf", Data: []byte(block)}})
		if !bytes.Equal(m.EXIF, good) || m.Orientation != 6 {
			t.Errorf("%s: EXIF %q, orientation %d", name, m.EXIF, m.Orientation)
		}
	}
}
