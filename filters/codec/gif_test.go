package codec

import (
	"bytes"
	"image"
	"image/color"
	stdgif "image/gif"
	"os"
	"path/filepath"
	"testing"
	"time"

	"imgpipe/filters/pixel"
)

// TestGIFScreen has frames that do not fit the screen: the first one enlarges the
// screen, the others are cut off.
func TestGIFScreen(t *testing.T) {
	red, green := color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 255}
	one := func(r image.Rectangle, c color.NRGBA) *image.Paletted { return image.NewPaletted(r, color.Palette{c}) }
	for _, c := range []struct {
		name   string
		screen image.Point
		frames []*image.Paletted
		want   []string // rows of the last frame: r, g, or - for transparent
	}{
		{"a first frame that reaches beyond", image.Pt(2, 1), []*image.Paletted{one(image.Rect(1, 0, 3, 2), red)}, []string{"-rr", "-rr"}},
		{"a screen of 0 x 0", image.Pt(0, 0), []*image.Paletted{one(image.Rect(0, 0, 2, 1), red)}, []string{"rr"}},
		{"a second frame that reaches beyond", image.Pt(2, 2), []*image.Paletted{one(image.Rect(0, 0, 2, 2), red), one(image.Rect(1, 1, 4, 4), green)}, []string{"rr", "rg"}},
		{"a second frame off the screen", image.Pt(2, 1), []*image.Paletted{one(image.Rect(0, 0, 2, 1), red), one(image.Rect(7, 7, 9, 9), green)}, []string{"rr"}},
	} {
		g := stdgif.GIF{Image: c.frames, Delay: make([]int, len(c.frames)), Config: image.Config{Width: 99, Height: 99}}
		var b bytes.Buffer
		if err := stdgif.EncodeAll(&b, &g); err != nil {
			t.Fatal(err)
		}
		data := b.Bytes()
		data[6], data[8] = byte(c.screen.X), byte(c.screen.Y)
		p, err := Decode(&b, DecodeOptions{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		m := pixel.ToNRGBA(p.Frames[len(p.Frames)-1].Image)
		var got []string
		for y := range m.Rect.Dy() {
			row := ""
			for x := range m.Rect.Dx() {
				switch m.NRGBAAt(x, y) {
				case red:
					row += "r"
				case green:
					row += "g"
				default:
					row += "-"
				}
			}
			got = append(got, row)
		}
		if len(p.Frames) != len(c.frames) || len(got) != len(c.want) || got[0] != c.want[0] || got[len(got)-1] != c.want[len(got)-1] {
			t.Errorf("%s: %d frames, the last is %q, want %q", c.name, len(p.Frames), got, c.want)
		}
	}
}

// TestGIFIsSmall writes an animation of small changes: not larger than libvips and
// ImageMagick make it.
func TestGIFIsSmall(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "cases", "gif-anim.gif"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Decode(bytes.NewReader(data), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if again := encoded(t, p); len(again) > len(data) {
		t.Errorf("the same frames: %d bytes, want at most the file's %d", len(again), len(data))
	}
	for i := range p.Frames {
		p.Frames[i].Image = pixel.ToGray(p.Frames[i].Image)
	}
	const vips = 38483
	if gray := encoded(t, p); len(gray) > vips {
		t.Errorf("gray: %d bytes, want at most libvips's %d", len(gray), vips)
	}
}

func encoded(t *testing.T, p *Picture) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, p, EncodeOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestGIFRoundTrip writes animations and reads them again: every pixel is as it was
// where the colours are few enough, alpha is 0 or 255, and time is kept.
func TestGIFRoundTrip(t *testing.T) {
	for name, draw := range map[string]func(i, x, y int) color.NRGBA{
		"a moving dot": func(i, x, y int) color.NRGBA {
			if x == i && y == i {
				return color.NRGBA{255, 0, 0, 255}
			}
			return color.NRGBA{uint8(x), uint8(y), 9, 255}
		},
		"a moving hole": func(i, x, y int) color.NRGBA {
			if x == i && y == i {
				return color.NRGBA{}
			}
			return color.NRGBA{uint8(x), uint8(y), 9, 255}
		},
		"nothing moves": func(i, x, y int) color.NRGBA { return color.NRGBA{uint8(x), uint8(y), 9, 255} },
		"all vanishes and comes back": func(i, x, y int) color.NRGBA {
			if i%2 == 1 {
				return color.NRGBA{}
			}
			return color.NRGBA{uint8(x / 2), uint8(y), 9, 255}
		},
		"256 colours, a palette for each frame": func(i, x, y int) color.NRGBA {
			return color.NRGBA{uint8(16*x + y), uint8(50 * i), 9, 255}
		},
		"256 grays in all": func(i, x, y int) color.NRGBA {
			v := uint8(16*x + y)
			if x == i {
				v = uint8(i)
			}
			return color.NRGBA{v, v, v, 255}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := &Picture{Format: GIF, Plays: 4}
			for i := range 5 {
				m := image.NewNRGBA(image.Rect(0, 0, 16, 16))
				for k := range 256 {
					m.SetNRGBA(k/16, k%16, draw(i, k/16, k%16))
				}
				p.Frames = append(p.Frames, Frame{Image: m, Delay: 33 * time.Millisecond})
			}
			data := encoded(t, p)
			got, err := Decode(bytes.NewReader(data), DecodeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Frames) != 5 || got.Plays != 4 {
				t.Fatalf("%d frames, %d plays; want 5, 4", len(got.Frames), got.Plays)
			}
			total := time.Duration(0)
			for i, f := range got.Frames {
				if !bytes.Equal(f.Image.(*image.NRGBA).Pix, p.Frames[i].Image.(*image.NRGBA).Pix) {
					t.Errorf("frame %d has other pixels", i)
				}
				total += f.Delay
			}
			if total != 170*time.Millisecond {
				t.Errorf("shown for %v, want 170ms: 5 times 33 ms in 1/100 s", total)
			}
		})
	}
}
