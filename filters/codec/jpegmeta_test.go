package codec

import (
	"bytes"
	"testing"

	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/jpegdct"
	"imgpipe/filters/meta"
)

// TestProfileOfJPEG: the parts of a profile are joined by their numbers. A profile
// of which a part is missing is dropped.
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
		"in order":                 {[]part{{1, 3, one}, {2, 3, two}, {3, 3, three}}, profile},
		"in another order":         {[]part{{3, 3, three}, {1, 3, one}, {2, 3, two}}, profile},
		"one is missing":           {[]part{{1, 3, one}, {3, 3, three}}, nil},
		"the last is missing":      {[]part{{1, 3, one}, {2, 3, two}}, nil},
		"one comes twice":          {[]part{{1, 3, one}, {2, 3, two}, {2, 3, two}, {3, 3, three}}, nil},
		"they count themselves":    {[]part{{1, 1, one}, {2, 2, two}, {3, 3, three}}, nil},
		"from 0":                   {[]part{{0, 3, one}, {1, 3, two}, {2, 3, three}}, profile},
		"from 0, the last missing": {[]part{{0, 3, one}, {1, 3, two}}, nil},
		"from 0, the first twice":  {[]part{{0, 3, one}, {0, 3, one}, {1, 3, two}, {2, 3, three}}, nil},
		"none of 0":                {[]part{{0, 0, profile}}, nil},
		"more than there are":      {[]part{{1, 1, profile}, {2, 1, two}}, nil},
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
