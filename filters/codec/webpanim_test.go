package codec

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"image"
	"image/color"
	"strings"
	"testing"
	"time"

	"imgpipe/filters/pixel"
)

// TestAnimatedWebP reads animations that are made of still images: a red frame of 4 x 2
// and a half transparent blue one of 2 x 2 at (2, 0).
func TestAnimatedWebP(t *testing.T) {
	still := func(w, h int, c color.NRGBA) string {
		m := image.NewNRGBA(image.Rect(0, 0, w, h))
		drawFrame(m, func(int, int) color.NRGBA { return c })
		data := encoded(t, &Picture{Format: WebP, Frames: []Frame{{Image: m}}})
		return string(data[riffHeader:])
	}
	red, blue := color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 0, 255, 128}
	redImage, blueImage := still(4, 2, red), still(2, 2, blue)
	file := func(chunks ...string) string {
		return riff("RIFF", "WEBP"+riff("VP8X", "\x12\x00\x00\x00\x03\x00\x00\x01\x00\x00")+strings.Join(chunks, ""))
	}
	frame := func(x, w, h int, flags byte, image string) string {
		return riff("ANMF", string(put24(x/2)), string(put24(0)), string(put24(w-1)), string(put24(h-1)), string(put24(40)), string([]byte{flags}), image)
	}
	anim := riff("ANIM", "\xff\xff\xff\xff\x07\x00")
	const dispose, replace = 1, 2
	for _, c := range []struct {
		name, in string
		want     string // the second frame's first row; or the error
	}{
		{"over", file(anim, frame(0, 4, 2, 0, redImage), frame(2, 2, 2, 0, blueImage)), "ff0000ff ff0000ff 7f0080ff 7f0080ff"},
		{"replaced", file(anim, frame(0, 4, 2, 0, redImage), frame(2, 2, 2, replace, blueImage)), "ff0000ff ff0000ff 0000ff80 0000ff80"},
		{"disposed of", file(anim, frame(0, 4, 2, dispose, redImage), frame(2, 2, 2, 0, blueImage)), "00000000 00000000 0000ff80 0000ff80"},
		{"a frame beyond the canvas", file(anim, frame(2, 4, 2, 0, redImage)), "bad WebP: frame 1 at (2,0)-(6,2) lies beyond the canvas of 4 x 2"},
		{"an image of another size", file(anim, frame(0, 4, 2, 0, blueImage)), "bad WebP: frame 1: an image of 2 x 2 for 4 x 2 pixels"},
		{"no frames", file(anim), "bad WebP: an animation without frames"},
		{"half a frame", file(anim, frame(0, 4, 2, 0, redImage[:len(redImage)-4])), "truncated WebP"},
		{"half a file", file(anim, frame(0, 4, 2, 0, redImage))[:70], "truncated WebP"},
		{"a short ANMF", file(anim, riff("ANMF", "x")), "bad WebP: a short ANMF chunk"},
		{"a short ANIM", file(riff("ANIM", "x")), "bad WebP: a short ANIM chunk"},
	} {
		p, err := Decode(strings.NewReader(c.in), DecodeOptions{})
		if err != nil {
			if err.Error() != c.want {
				t.Errorf("%s: %v, want %s", c.name, err, c.want)
			}
			continue
		}
		m := pixel.ToNRGBA(p.Frames[1].Image)
		var row []string
		for x := range 4 {
			row = append(row, hex.EncodeToString(m.Pix[4*x:][:4]))
		}
		if got := strings.Join(row, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if p.Plays != 7 || p.Frames[0].Delay != 40*time.Millisecond {
			t.Errorf("%s: %d plays, delay %v", c.name, p.Plays, p.Frames[0].Delay)
		}
	}
}

// TestChunksOfFrames: the images of an animation follow the rules of TestChunksOfWebP.
func TestChunksOfFrames(t *testing.T) {
	alph, lossy := riff("ALPH", chunkOf(t, "lossyalpha.webp", "ALPH")), riff("VP8 ", chunkOf(t, "lossyalpha.webp", "VP8 "))
	body := chunkOf(t, "lossless.webp", "VP8L")
	lossless, hintless := riff("VP8L", body), riff("VP8L", body[:4], string(body[4]^1<<4), body[5:])
	for _, c := range []struct {
		name, in string
		alpha    bool   // the picture is not opaque
		breach   string // or the error, if it is one
		ok       bool
	}{
		{"lossy with alpha", alph + lossy, true, "", true},
		{"lossy alone", lossy, false, "", true},
		{"unknown chunks", riff("abcd", "123") + lossy + riff("efgh", "1"), false, "", true},
		{"alpha twice", alph + riff("ALPH", "\x00") + lossy, true, "ALPH chunk out of place", true},
		{"alpha behind the image", lossy + alph, false, "ALPH chunk out of place", true},
		{"two images", lossy + lossless, false, "VP8L chunk out of place", true},
		{"lossless with alpha", lossless, true, "", true},
		{"lossless whose alpha counts for nothing", hintless, false, "", true},
		{"lossless with an alpha chunk", alph + lossless, true, "ALPH chunk with a lossless image", true},
		{"no image", alph, false, "no image", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			first := lossy
			if strings.HasPrefix(c.in[strings.Index(c.in+"VP8", "VP8"):], "VP8L") {
				first = lossless
			}
			size := decode(t, []byte(riff("RIFF", "WEBP", first))).Bounds().Size()
			sides := string(put24(size.X-1)) + string(put24(size.Y-1))
			in := riff("RIFF", "WEBP", riff("VP8X", "\x12\x00\x00\x00", sides), riff("ANIM", strings.Repeat("\x00", 6)),
				riff("ANMF", strings.Repeat("\x00", 6), sides, "\x00\x00\x00\x02", c.in))
			p, err := Decode(strings.NewReader(in), DecodeOptions{})
			if (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), c.breach) {
				t.Fatalf("error %v, want accepted: %t, %q", err, c.ok, c.breach)
			}
			if err != nil {
				return
			}
			if alpha := !pixel.Opaque(p.Frames[0].Image); alpha != c.alpha {
				t.Errorf("got alpha: %t, want %t", alpha, c.alpha)
			}
			_, err = Decode(strings.NewReader(in), DecodeOptions{Tolerate: func(breach error) error { return breach }})
			if (err == nil) != (c.breach == "") || err != nil && !strings.Contains(err.Error(), c.breach) {
				t.Errorf("without tolerance: error %v, want %q", err, c.breach)
			}
		})
	}
}

// TestAnimatedWebPIsBounded: the pixels of all frames count, for memory and for time.
func TestAnimatedWebPIsBounded(t *testing.T) {
	p := &Picture{Format: WebP}
	for i := range 3 {
		m := image.NewNRGBA(image.Rect(0, 0, 500, 500))
		m.Pix[0], m.Pix[len(m.Pix)-1] = uint8(i), uint8(i)
		p.Frames = append(p.Frames, Frame{Image: m})
	}
	var limit *LimitError
	if err := Encode(new(bytes.Buffer), p, EncodeOptions{Limits: Limits{Memory: 8 << 20}}); !errors.As(err, &limit) || limit.Limit != MaxMemory {
		t.Errorf("error %v, want a LimitError of MaxMemory", err)
	}
}

// FuzzAnimatedWebP: no chunks make the reader panic.
func FuzzAnimatedWebP(f *testing.F) {
	f.Add([]byte("\x12\x00\x00\x00\x03\x00\x00\x01\x00\x00"), []byte("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00VP8L\x02\x00\x00\x00\x2f\x00"))
	f.Fuzz(func(_ *testing.T, vp8x, frame []byte) {
		var file bytes.Buffer
		file.WriteString("RIFF\xff\xff\xff\xffWEBP")
		riffChunk(&file, "VP8X", vp8x)
		riffChunk(&file, "ANMF", frame)
		data := file.Bytes()
		binary.LittleEndian.PutUint32(data[4:], uint32(len(data)-8))
		if isAnimatedWebP(data) {
			_, _ = decodeAnimatedWebP(data, DecodeOptions{Limits: Limits{Pixels: 1 << 16}})
		}
	})
}
