package vp8l

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/image/webp"
)

// A picture has rows for Encode.
type picture struct {
	Header
	samples []byte
}

func (p picture) row(y int) []byte {
	n := p.Width * p.Channels
	return p.samples[y*n:][:n]
}

// nrgba returns the picture as a decoder should.
func (p picture) nrgba() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Width * p.Height {
		s := p.samples[i*p.Channels:][:p.Channels]
		alpha := uint8(255)
		if p.Channels%2 == 0 {
			alpha = s[p.Channels-1]
		}
		copy(m.Pix[4*i:], []uint8{s[0], s[(p.Channels-1)/2], s[(p.Channels-1)/2*2], alpha})
	}
	return m
}

// random returns a picture of about the given number of colours, in which pixels repeat.
func random(h Header, colours int) picture {
	r := rand.New(rand.NewPCG(uint64(h.Width), uint64(colours)))
	p := picture{h, make([]byte, h.Width*h.Height*h.Channels)}
	palette := make([][4]byte, colours)
	for i := range palette {
		binary.LittleEndian.PutUint32(palette[i][:], r.Uint32())
	}
	at := 0
	for i := range h.Width * h.Height {
		if r.UintN(3) > 0 {
			at = r.IntN(colours)
		}
		copy(p.samples[i*h.Channels:][:h.Channels], palette[at][:])
	}
	return p
}

// smooth returns a picture in which neighbours are alike.
func smooth(h Header) picture {
	r := rand.New(rand.NewPCG(3, 4))
	p := picture{h, make([]byte, h.Width*h.Height*h.Channels)}
	for i := range p.samples {
		x, y, c := i/h.Channels%h.Width, i/h.Channels/h.Width, i%h.Channels
		p.samples[i] = byte(x*(2+c) + y*y/30 + int(r.UintN(3)))
	}
	return p
}

// encoded returns a file with the picture.
func (p picture) encoded(t testing.TB) []byte {
	body, err := Encode(p.Header, p.row)
	if err != nil {
		t.Fatal(err)
	}
	n := len(body)
	body = append(body, make([]byte, n%2)...)
	file := append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(12+len(body))), "WEBPVP8L"...)
	return append(binary.LittleEndian.AppendUint32(file, uint32(n)), body...)
}

// check decodes the picture that Encode wrote.
func check(t *testing.T, p picture) {
	t.Helper()
	m, err := webp.Decode(bytes.NewReader(p.encoded(t)))
	if err != nil {
		t.Errorf("%+v: %v", p.Header, err)
		return
	}
	if got, want := m.(*image.NRGBA), p.nrgba(); !bytes.Equal(got.Pix, want.Pix) {
		t.Errorf("%+v: other pixels", p.Header)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {1, 9}, {9, 1}, {2, 2}, {15, 16}, {17, 33}, {64, 64}, {331, 7}, {16384, 2}, {2, 16384}} {
		for channels := 1; channels <= 4; channels++ {
			h := Header{size.X, size.Y, channels}
			for _, colours := range []int{1, 2, 3, 4, 5, 16, 17, 200, 256, 257, 5000} {
				check(t, random(h, colours))
			}
			check(t, smooth(h))
			opposite := picture{h, make([]byte, size.X*size.Y*channels)}
			fill := opposite.samples[:len(opposite.samples)/2/channels*channels]
			copy(fill, bytes.Repeat([]byte{255}, len(fill)))
			check(t, opposite)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, h := range []Header{{0, 1, 1}, {1, 0, 1}, {1<<14 + 1, 1, 1}, {1, 1<<14 + 1, 1}} {
		if _, err := Encode(h, func(int) []byte { return make([]byte, h.Width) }); err == nil {
			t.Errorf("%+v: no error", h)
		}
	}
}

// rocket is a photo.
func rocket(t testing.TB) picture {
	data, err := os.ReadFile("../../testdata/rocket.jpg")
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	m := image.NewNRGBA(decoded.Bounds())
	draw.Draw(m, m.Rect, decoded, image.Point{}, draw.Src)
	return picture{Header{m.Rect.Dx(), m.Rect.Dy(), 4}, m.Pix}
}

// TestAsDwebp: libwebp reads the same pixels.
func TestAsDwebp(t *testing.T) {
	if _, err := exec.LookPath("dwebp"); err != nil {
		t.Skip("dwebp is not installed")
	}
	pictures := []picture{rocket(t), smooth(Header{100, 50, 3}), smooth(Header{40, 80, 4})}
	for _, colours := range []int{1, 2, 4, 16, 100, 1000} {
		pictures = append(pictures, random(Header{77, 41, 4}, colours))
	}
	for i, p := range pictures {
		cmd := exec.Command("dwebp", "-quiet", "-pam", "-o", "-", "--", "-")
		cmd.Stdin = bytes.NewReader(p.encoded(t))
		out, err := cmd.Output()
		if want := p.nrgba().Pix; err != nil || !bytes.HasSuffix(out, want) {
			t.Errorf("picture %d: dwebp reads other pixels, or none: %v", i, err)
		}
	}
}

// TestAsPillow is TestAsDwebp with Pillow, where it is installed for python3.
func TestAsPillow(t *testing.T) {
	program := "import sys; from PIL import Image; sys.stdout.buffer.write(Image.open(sys.argv[1]).convert('RGBA').tobytes())"
	for _, p := range []picture{rocket(t), random(Header{77, 41, 4}, 60)} {
		file := filepath.Join(t.TempDir(), "in.webp")
		if err := os.WriteFile(file, p.encoded(t), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("/usr/bin/python3", "-c", program, file).Output()
		if err != nil {
			t.Skip("Pillow is not installed")
		}
		if !bytes.Equal(out, p.nrgba().Pix) {
			t.Errorf("%+v: Pillow reads other pixels", p.Header)
		}
	}
}

// TestLength: a photo is shorter than the fastest of libwebp's ways makes it.
func TestLength(t *testing.T) {
	if _, err := exec.LookPath("cwebp"); err != nil {
		t.Skip("cwebp is not installed")
	}
	p := rocket(t)
	out, err := exec.Command("cwebp", "-quiet", "-lossless", "-exact", "-m", "0", "-o", "-", "--", "../../testdata/rocket.jpg").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, most := len(p.encoded(t)), len(out)*103/100; got > most {
		t.Errorf("%d bytes, want at most %d", got, most)
	}
}

// TestFewColoursAreShort: what repeats costs almost nothing.
func TestFewColoursAreShort(t *testing.T) {
	for _, c := range []struct{ colours, most int }{{1, 30}, {2, 200}} {
		p := random(Header{1000, 1, 3}, c.colours)
		for range 999 {
			p.samples = append(p.samples, p.samples[:3000]...)
		}
		p.Height = 1000
		if got := len(p.encoded(t)); got > c.most+250 {
			t.Errorf("%d colours: %d bytes", c.colours, got)
		}
		check(t, p)
	}
}

func FuzzEncode(f *testing.F) {
	f.Add(5, 1, []byte("a few pixels, and a few pixels"))
	f.Add(3, 3, []byte("rgbrgbrgbrgbRGBrgbrgb"))
	f.Add(2, 4, bytes.Repeat([]byte("rgba"), 40))
	f.Fuzz(func(t *testing.T, width, channels int, samples []byte) {
		channels = channels&3 + 1
		width = width&255 + 1
		height := min(len(samples)/channels/width, maxSide)
		if height == 0 {
			return
		}
		check(t, picture{Header{width, height, channels}, samples})
	})
}

func BenchmarkEncode(b *testing.B) {
	photo := rocket(b)
	gray := picture{Header{photo.Width, photo.Height, 1}, nil}
	for i := 1; i < len(photo.samples); i += 4 {
		gray.samples = append(gray.samples, photo.samples[i])
	}
	flat := picture{Header{1000, 1000, 1}, make([]byte, 1e6)}
	for _, c := range []struct {
		name string
		picture
	}{{"photo", photo}, {"gray", gray}, {"flat", flat}, {"noise", random(Header{600, 400, 4}, 1<<20)}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(c.Width * c.Height)) // pixels, in truth
			for b.Loop() {
				if _, err := Encode(c.Header, c.row); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func ExampleEncode() {
	row := []byte{0, 0, 255, 255, 255, 0}
	body, err := Encode(Header{Width: 2, Height: 1, Channels: 3}, func(int) []byte { return row })
	fmt.Println(len(body), err)
	// Output: 18 <nil>
}
