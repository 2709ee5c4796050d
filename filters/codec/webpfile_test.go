package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/pixel"
)

// chunkOf returns the body of a file's chunk.
func chunkOf(t *testing.T, name, kind string) string {
	t.Helper()
	data := string(imagetest.Input(t, name))
	at := strings.Index(data, kind)
	if at < 0 {
		t.Fatalf("%s has no %s chunk", name, kind)
	}
	n := int(binary.LittleEndian.Uint32([]byte(data[at+4:])))
	return data[at+8:][:n]
}

// riff returns a chunk.
func riff(kind string, parts ...string) string {
	var b bytes.Buffer
	riffChunk(&b, kind, []byte(strings.Join(parts, "")))
	return b.String()
}

// TestChunksOfWebP reads files whose chunks do not fit together, as libwebp does. Where
// dwebp is not the judge, a case says so.
func TestChunksOfWebP(t *testing.T) {
	file := func(chunks ...string) string { return riff("RIFF", "WEBP"+strings.Join(chunks, "")) }
	x := chunkOf(t, "lossyalpha.webp", "VP8X")
	vp8x := func(flags byte) string { return riff("VP8X", string([]byte{flags})+x[1:]) }
	alph, lossy := riff("ALPH", chunkOf(t, "lossyalpha.webp", "ALPH")), riff("VP8 ", chunkOf(t, "lossyalpha.webp", "VP8 "))
	vp8l := []byte(chunkOf(t, "lossless.webp", "VP8L"))
	lossless := riff("VP8L", string(vp8l))
	vp8l[4] ^= 1 << 4
	hintless := riff("VP8L", string(vp8l))
	for _, c := range []struct {
		name, in string
		alpha    bool   // the picture is not opaque
		breach   string // or the error, if it is one
		ok       bool
	}{
		{"lossy with alpha", file(vp8x(webpAlpha), alph, lossy), true, "", true},
		{"lossy alone", file(lossy), false, "", true},
		{"bytes behind", file(lossy) + "bytes", false, "", true},
		{"unknown chunks of odd sizes", file(vp8x(0), riff("abcd", "123"), lossy, riff("efgh", "1")), false, "", true},
		{"alpha that is not there", file(vp8x(webpAlpha), lossy), false, "no ALPH chunk", true},
		{"alpha that VP8X does not say", file(vp8x(0), alph, lossy), true, "VP8X says that there is no alpha", true},
		{"alpha twice", file(vp8x(webpAlpha), alph, alph, lossy), true, "ALPH chunk out of place", true},
		{"alpha behind the image", file(vp8x(webpAlpha), lossy, alph), false, "ALPH chunk out of place", true},
		{"alpha without VP8X", file(alph, lossy), false, "ALPH chunk without a VP8X chunk", false},
		{"VP8X twice", file(vp8x(webpAlpha), vp8x(0), alph, lossy), true, "VP8X chunk out of place", true},
		{"two images", file(lossy, lossless), false, "VP8L chunk out of place", true},
		{"lossless with alpha", file(lossless), true, "", true},
		{"lossless whose alpha counts for nothing", file(hintless), false, "", true},
		{"no image", file(vp8x(0)), false, "no image", false},
		{"another size in VP8X", file(riff("VP8X", "\x00\x00\x00\x00\x01\x00\x00\x01\x00\x00"), lossy), false, "invalid format", false},
		{"a length too small by 2", strings.Replace(file(lossy), string(binary.LittleEndian.AppendUint32(nil, uint32(4+len(lossy)))), string(binary.LittleEndian.AppendUint32(nil, uint32(2+len(lossy)))), 1), false, "truncated WebP", false},
		{"a length too large", file(lossy, "")[:len(file(lossy))-2], false, "truncated WebP", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Decode(strings.NewReader(c.in), DecodeOptions{})
			if (err == nil) != c.ok {
				t.Fatalf("error %v, want accepted: %t", err, c.ok)
			}
			if err != nil {
				if !strings.Contains(err.Error(), c.breach) {
					t.Errorf("error %v, want %q", err, c.breach)
				}
				return
			}
			if alpha := !pixel.Opaque(p.Frames[0].Image); alpha != c.alpha {
				t.Errorf("got alpha: %t, want %t", alpha, c.alpha)
			}
			refuse := func(breach error) error { return breach }
			_, err = Decode(strings.NewReader(c.in), DecodeOptions{Tolerate: refuse})
			if (err == nil) != (c.breach == "") || err != nil && (!errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), c.breach)) {
				t.Errorf("without tolerance: error %v, want %q", err, c.breach)
			}
		})
	}
}
