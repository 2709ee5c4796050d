package filters

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"slices"
	"strings"
	"testing"

	"imgpipe/filters/pngrow"
)

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

// TestTakenOfPNGIsBounded: each chunk may hold or unpack to much, all together
// not to more.
func TestTakenOfPNGIsBounded(t *testing.T) {
	long := strings.Repeat("a", maxTaken/4+1)
	for _, c := range []struct{ name, kind, data string }{
		{"packed", "zTXt", "Comment\x00\x00" + packed(long)},
		{"packed UTF-8", "iTXt", "Comment\x00\x01\x00\x00\x00" + packed(long)},
		{"plain", "tEXt", "Comment\x00" + long},
		{"UTF-8", "iTXt", "Comment\x00\x00\x00\x00\x00" + long},
	} {
		m := pngMetadata(slices.Repeat([]pngrow.Chunk{{Type: c.kind, Data: []byte(c.data)}}, 6))
		if len(m.Comments) != 3 {
			t.Errorf("%s: %d comments of %d bytes, want 3", c.name, len(m.Comments), len(long))
		}
	}
	if m := pngMetadata([]pngrow.Chunk{{Type: "eXIf", Data: make([]byte, maxTaken+1)}}); m.EXIF != nil {
		t.Errorf("EXIF of %d bytes", len(m.EXIF))
	}
}

// TestNoXMP: a packet of which nothing can be kept isn't written as an empty one.
func TestNoXMP(t *testing.T) {
	for name, text := range map[string]string{"badly packed": "\x01\x00\x00\x00nonsense", "without an end": "\x00\x00\x00\x00<xmp:Thumbnails>", "empty": "\x00\x00\x00\x00"} {
		m := pngMetadata([]pngrow.Chunk{{Type: "iTXt", Data: []byte(keywordXMP + "\x00" + text)}})
		if all := m.jpegSegments(); len(all) > 0 {
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
