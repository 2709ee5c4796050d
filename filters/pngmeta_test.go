package filters

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"imgpipe/filters/pngrow"
)

// TestPNGKeepsItsChunks: a PNG keeps chunks that no other format has, and its
// resolution exactly.
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
		{Scale{}, "gAMA cHRM cICP pHYs tEXt"}, {Gray{}, "gAMA cICP pHYs tEXt"}, // gray has no primaries
	} {
		var out bytes.Buffer
		if err := Run(&out, bytes.NewReader(in.Bytes()), c.filter, Options{}); err != nil {
			t.Fatal(err)
		}
		r, err := pngrow.NewReader(&out, pngrow.ReaderOptions{})
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
