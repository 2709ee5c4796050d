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
	chunk := func(kind string, parts ...string) string {
		var b bytes.Buffer
		riffChunk(&b, kind, []byte(strings.Join(parts, "")))
		return b.String()
	}
	file := func(chunks ...string) string {
		return chunk("RIFF", "WEBP"+chunk("VP8X", "\x12\x00\x00\x00\x03\x00\x00\x01\x00\x00")+strings.Join(chunks, ""))
	}
	frame := func(x, w, h int, flags byte, image string) string {
		return chunk("ANMF", string(put24(x/2)), string(put24(0)), string(put24(w-1)), string(put24(h-1)), string(put24(40)), string([]byte{flags}), image)
	}
	anim := chunk("ANIM", "\xff\xff\xff\xff\x07\x00")
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
		{"a short ANMF", file(anim, chunk("ANMF", "x")), "bad WebP: a short ANMF chunk"},
		{"a short ANIM", file(chunk("ANIM", "x")), "bad WebP: a short ANIM chunk"},
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
