package filters

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/pixel"
)

// animated has the animations of testdata/in.
var animated = []string{"animated.gif", "disposals.gif", "holes.gif"}

// TestAnimationsOfOthers reads what gif2webp and apngasm make of an animation.
func TestAnimationsOfOthers(t *testing.T) {
	for _, name := range animated {
		gif := imagetest.Input(t, name)
		want := decodeFrames(t, gif)
		t.Run("gif2webp "+name, func(t *testing.T) {
			dir := t.TempDir()
			runPeer(t, dir, "gif2webp", "-quiet", write(t, dir, "in.gif", gif), "-o", "out.webp")
			compareFrames(t, decodeFrames(t, read(t, dir, "out.webp")), want)
		})
		t.Run("apngasm "+name, func(t *testing.T) {
			dir := t.TempDir()
			for i, m := range want {
				var b bytes.Buffer
				if err := png.Encode(&b, m); err != nil {
					t.Fatal(err)
				}
				write(t, dir, fmt.Sprintf("frame%d.png", i), b.Bytes())
			}
			runPeer(t, dir, "apngasm", "out.png", "frame0.png", "1", "10")
			compareFrames(t, decodeFrames(t, read(t, dir, "out.png")), want)
		})
	}
}

// TestAnimationsForOthers has apngdis and webpmux read what is written.
func TestAnimationsForOthers(t *testing.T) {
	for _, name := range animated {
		gif := imagetest.Input(t, name)
		want := decodeFrames(t, gif)
		convert := func(t *testing.T, f codec.Format) []byte {
			p, err := codec.Decode(bytes.NewReader(gif), codec.DecodeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := codec.Encode(&b, p, codec.EncodeOptions{Format: f}); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
		t.Run("apngdis "+name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "in.png", convert(t, codec.PNG))
			runPeer(t, dir, "apngdis", "in.png", "frame")
			files, _ := filepath.Glob(filepath.Join(dir, "frame*.png"))
			var got []*image.NRGBA
			for _, file := range files {
				got = append(got, decodeFrames(t, read(t, dir, filepath.Base(file)))...)
			}
			compareFrames(t, got, want)
		})
		t.Run("webpinfo "+name, func(t *testing.T) {
			dir := t.TempDir()
			data := convert(t, codec.WebP)
			write(t, dir, "in.webp", data)
			runPeer(t, dir, "webpinfo", "-quiet", "in.webp")
			compareFrames(t, decodeFrames(t, data), want)
		})
	}
}

// TestSmallAnimationsStaySmall scales an animation of small changes. ImageMagick makes
// 19,022 bytes of it by -coalesce -resize 50% -layers Optimize.
func TestSmallAnimationsStaySmall(t *testing.T) {
	data := read(t, filepath.Join("..", "testdata", "cases"), "gif-anim.gif")
	for _, c := range []struct {
		format codec.Format
		most   int
	}{{codec.GIF, 19022}, {codec.PNG, 50000}, {codec.WebP, 50000}} {
		var out bytes.Buffer
		if err := Run(&out, bytes.NewReader(data), Scale{}, Options{Format: c.format}); err != nil {
			t.Fatal(err)
		}
		if frames := decodeFrames(t, out.Bytes()); len(frames) != 30 || frames[0].Rect.Dx() != 150 {
			t.Errorf("%s: %d frames of %v", c.format, len(frames), frames[0].Rect)
		}
		if out.Len() > c.most {
			t.Errorf("%s: %d bytes, want at most %d", c.format, out.Len(), c.most)
		}
	}
}

// runPeer runs a program in a directory, and skips the test if there is none.
func runPeer(t *testing.T, dir, program string, args ...string) {
	t.Helper()
	needPrograms(t, program)
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
}

func write(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// decodeFrames returns the frames of a picture.
func decodeFrames(t *testing.T, data []byte) (all []*image.NRGBA) {
	t.Helper()
	p, err := codec.Decode(bytes.NewReader(data), codec.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Frames {
		all = append(all, pixel.ToNRGBA(f.Image))
	}
	return all
}

// compareFrames compares frames but for the colour of transparent pixels. An encoder
// may join frames that are the same.
func compareFrames(t *testing.T, got, want []*image.NRGBA) {
	t.Helper()
	same := func(a, b *image.NRGBA) bool {
		most, _ := imagetest.Compare(t, a, b)
		return most == 0
	}
	i := 0
	for k, m := range want {
		if k > 0 && same(m, want[k-1]) && (i == len(got) || !same(got[i], m)) {
			continue
		}
		if i == len(got) || !same(got[i], m) {
			t.Fatalf("frame %d of %d is not frame %d of %d", k+1, len(want), i+1, len(got))
		}
		i++
	}
	if i != len(got) {
		t.Errorf("%d frames, want %d", len(got), i)
	}
}
