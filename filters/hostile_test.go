package filters

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/pixel"
	"imgpipe/filters/pngrow"
)

// TestRefused has inputs that must not become a picture, and the errors.
func TestRefused(t *testing.T) {
	pngOf := func(w, h uint32) string {
		body := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
		body = append(binary.BigEndian.AppendUint32(body, h), 8, 2, 0, 0, 0)
		head := "\x89PNG\r\n\x1a\n\x00\x00\x00\x0d" + string(body)
		head += string(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
		return head + "\x00\x00\x00\x00IDAT" + string(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte("IDAT"))))
	}
	half := func(name string) string {
		data := imagetest.Input(t, name)
		return string(data[:len(data)/2])
	}
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", "input: empty, where an image should be"},
		{"text", "Dear Sir or Madam,\n", "input: unrecognised image format (want JPEG, PNG, GIF, BMP, TIFF, WebP, PNM or PAM)"},
		{"half a JPEG", half("photo420.jpg"), "input: truncated JPEG"},
		{"half a PNG", half("rgb8.png"), "input: truncated PNG"},
		{"half a GIF", half("still.gif"), "input: truncated GIF"},
		{"half a BMP", half("rgb8.bmp"), "input: truncated BMP"},
		{"half a TIFF", half("rgb8.tiff"), "input: truncated TIFF"},
		{"half a WebP", half("lossy.webp"), "input: truncated WebP"},
		{"a PNG header of 40,000 x 40,000", pngOf(40000, 40000), "input: 40000 x 40000 pixels are more than the limit of 268402689"},
		{"a GIF of 34 bytes that claims 65,535 x 65,535", "GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02D\x01\x00;", "input: 65535 x 65535 pixels are more than the limit"},
		{"a GIF of 35 bytes that claims 16,383 x 16,383", "GIF89a\xff\x3f\xff\x3f\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;", "input: 2304 MiB would be needed, more than the limit of 1024"},
		{"a GIF of 0 x 0", "GIF89a\x00\x00\x00\x00\x00\x00\x00;", "input: bad GIF: an image of 0 x 0 pixels has a side of 0"},
		{"a BMP of 0 x 0", "BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x18\x00" + strings.Repeat("\x00", 24), "input: corrupt BMP: invalid image size 0x0"},
		{"half a PGM", "P5 10 10 255\n" + strings.Repeat("x", 50), "input: truncated PNM: ends in row 5 of 10"},
		{"a PBM that claims 65,535 x 65,535", "P4 65535 65535\n", "input: 65535 x 65535 pixels are more than the limit"},
		{"a PAM of inks", "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\nENDHDR\n1234", "input: corrupt PNM: a PAM with tuples of type \"CMYK\" and depth 4"},
		{"an animated WebP without frames", "RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00", "input: bad WebP: an animation without frames"},
		{"an animated PNG that lacks a frame", animatedPNG(t, 1), "input: corrupt PNG: 1 frames, but 2 are announced"},
		{"a TIFF whose pages go round", "II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00", "input: corrupt TIFF: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, f := range []Filter{Gray{}, Scale{}} {
				var out bytes.Buffer
				err := Run(&out, strings.NewReader(c.in), f, Options{})
				if err == nil || !strings.HasPrefix(err.Error(), c.want) {
					t.Errorf("%T: error %v, want %s", f, err, c.want)
				}
				if out.Len() > 0 {
					t.Errorf("%T: %d bytes came out", f, out.Len())
				}
			}
		})
	}
}

// animatedPNG returns a PNG that announces two frames of one pixel and has n, all of
// them gray 7.
func animatedPNG(t *testing.T, n int) string {
	var b bytes.Buffer
	e, err := pngrow.NewAnimationWriter(&b, pngrow.Header{Width: 1, Height: 1, BitDepth: 8, ColourType: pngrow.Gray}, 2, 0, pngrow.FrameControl{})
	if err != nil {
		t.Fatal(err)
	}
	gray := func(int) []byte { return []byte{7} }
	if err := e.WriteRow(gray(0)); err != nil {
		t.Fatal(err)
	}
	for range n - 1 {
		if err := e.WriteFrame(pngrow.FrameControl{Rect: image.Rect(0, 0, 1, 1)}, gray); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// stillPNG returns a PNG of one pixel, with other chunks before it.
func stillPNG(t *testing.T, gray byte, before ...pngrow.Chunk) string {
	var b bytes.Buffer
	w, err := pngrow.NewWriter(&b, pngrow.Header{Width: 1, Height: 1, BitDepth: 8, ColourType: pngrow.Gray, Chunks: before})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteRow([]byte{gray}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestAnimationOfOneFrame: an animation of one frame is a still picture, which may be
// another one than the still image.
func TestAnimationOfOneFrame(t *testing.T) {
	count := pngrow.Chunk{Type: "acTL", Data: longs(1, 0)}
	control := pngrow.Chunk{Type: "fcTL", Data: append(longs(0, 1, 1, 0, 0), 0, 1, 0, 10, 0, 0)}
	still := stillPNG(t, 7, count)
	data := stillPNG(t, 9)[8+25+8:] // behind the signature, IHDR, and the head of IDAT
	const end = 12                  // bytes of a chunk besides its data, and of IEND
	frame := pngrow.Chunk{Type: "fdAT", Data: append(longs(1), data[:len(data)-end-4]...)}
	for _, c := range []struct {
		name, png string
		want      uint8
	}{
		{"no frame", still, 7},
		{"the still image", stillPNG(t, 7, count, control), 7},
		{"a frame behind the still image", still[:len(still)-end] + pngChunk(control) + pngChunk(frame) + still[len(still)-end:], 9},
	} {
		m, ok := pixel.ToGray(decode(t, []byte(c.png))).(*image.Gray)
		if !ok || m.Pix[0] != c.want {
			t.Errorf("%s: %v, want gray %d", c.name, m, c.want)
		}
	}
}

// pngChunk returns the bytes of a chunk.
func pngChunk(c pngrow.Chunk) string {
	body := c.Type + string(c.Data)
	return string(longs(len(c.Data))) + body + string(longs(int(crc32.ChecksumIEEE([]byte(body)))))
}

// TestHiddenFrames has a GIF of 669 bytes with one frame by the standard. Behind
// an extension that is not well-formed, image/gif finds 40 of 4000 x 4000.
func TestHiddenFrames(t *testing.T) {
	p, err := codec.Decode(bytes.NewReader(imagetest.Input(t, "hidden-frames.gif")), codec.DecodeOptions{})
	if err == nil {
		t.Errorf("%d frames came out, want an error: the frame that is counted lacks pixels", len(p.Frames))
	}
}

// TestMemoryIsBounded scales an image of few rows: a very long row costs more
// than its pixels.
func TestMemoryIsBounded(t *testing.T) {
	p := &codec.Picture{Frames: []codec.Frame{{Image: image.NewGray(image.Rect(0, 0, 1<<26, 1))}}}
	err := (Scale{}).Apply(p, codec.Limits{})
	if beyond := new(codec.LimitError); !errors.As(err, &beyond) || beyond.Limit != codec.MaxMemory {
		t.Errorf("67,108,864 x 1 pixels scaled: error %v, want a LimitError of MaxMemory", err)
	}
}

// TestEveryPrefix decodes every prefix of a file of each format. A prefix is an
// error, or has all pixels: the last bytes of some formats, such as a TIFF's last
// link, add nothing to the pixels.
func TestEveryPrefix(t *testing.T) {
	for _, name := range []string{"photo420.jpg", "palette8.png", "still.gif", "rgb8.bmp", "rgb8.tiff", "lossy.webp", "rgb10.ppm"} {
		t.Run(name, func(t *testing.T) {
			whole := imagetest.Input(t, name)
			want := decode(t, whole)
			for n := range len(whole) {
				p, err := codec.Decode(bytes.NewReader(whole[:n]), codec.DecodeOptions{})
				if err != nil {
					continue
				}
				if most, _ := imagetest.Compare(t, p.Frames[0].Image, want); most != 0 {
					t.Fatalf("the first %d of %d bytes gave a picture that isn't the whole one", n, len(whole))
				}
			}
		})
	}
}

// TestEveryPrefixThroughThePipe does what `imggray | imgscale` does in a shell
// without pipefail: the second filter gets what the first one wrote before it
// failed. Either the result is that of the whole input, or it does not decode.
func TestEveryPrefixThroughThePipe(t *testing.T) {
	for _, name := range []string{
		"photo420.jpg", "photo444p.jpg", "gray.jpg", "restarts.jpg",
		"rgb8.png", "interlaced.png", "still.gif", "rgb8.bmp", "rgb8.tiff", "lossless.webp", "rgb10.ppm", "bits.pbm",
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && !strings.HasSuffix(name, ".jpg") {
				t.Skip("only a JPEG is written before all of it has been read")
			}
			pipe := func(in []byte) ([]byte, error) {
				var gray, half bytes.Buffer
				first := Run(&gray, bytes.NewReader(in), Gray{}, Options{})
				second := Run(&half, &gray, Scale{}, Options{})
				if first != nil && second == nil {
					t.Errorf("%d bytes: the first says %v, the second nothing", len(in), first)
				}
				return half.Bytes(), second
			}
			whole := imagetest.Input(t, name)
			want, err := pipe(whole)
			if err != nil {
				t.Fatal(err)
			}
			for n := range len(whole) {
				got, err := pipe(whole[:n])
				if err == nil && !bytes.Equal(got, want) {
					t.Fatalf("the first %d of %d bytes gave a result that isn't the whole one's", n, len(whole))
				}
				if err == nil || len(got) == 0 {
					continue
				}
				_, ours := codec.Decode(bytes.NewReader(got), codec.DecodeOptions{})
				_, _, others := image.Decode(bytes.NewReader(got))
				if ours == nil || others == nil {
					t.Fatalf("the first %d of %d bytes: %v, but the result passes for whole (to us: %v; to others: %v)", n, len(whole), err, ours, others)
				}
			}
		})
	}
}

func TestTrailingBytesAreReadAndIgnored(t *testing.T) {
	for _, name := range []string{"photo420.jpg", "rgb8.png", "still.gif", "rgb8.bmp", "lossy.webp", "rgb10.ppm"} {
		r := strings.NewReader(string(imagetest.Input(t, name)) + strings.Repeat("trailer", 10000))
		var with, without bytes.Buffer
		if err := Run(&with, r, Gray{}, Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if r.Len() > 0 {
			t.Errorf("%s: %d bytes weren't read", name, r.Len())
		}
		if err := Run(&without, bytes.NewReader(imagetest.Input(t, name)), Gray{}, Options{}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(with.Bytes(), without.Bytes()) {
			t.Errorf("%s: the trailer shows in the result", name)
		}
	}
}

func TestOutputBeyondTheFormat(t *testing.T) {
	var out bytes.Buffer
	err := Run(&out, bytes.NewReader(imagetest.Input(t, "gray8.png")), Scale{Size: Size{70000, 1, Stretch}}, Options{Format: codec.JPEG})
	if want := "output: 70000 x 1 pixels don't fit into a JPEG, whose sides are at most 65535"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	err = Run(&out, bytes.NewReader(imagetest.Input(t, "gray8.png")), Scale{Size: Size{70000, 70000, Stretch}}, Options{})
	if want := "input: 70000 x 70000 pixels are more than the limit of 268402689"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if out.Len() > 0 {
		t.Errorf("%d bytes came out", out.Len())
	}
}

// TestMalformed runs both filters on files that fuzzers found. They may give an
// error or a picture within the limits, but no panic, and no part of a picture
// that decodes as a whole one.
func TestMalformed(t *testing.T) {
	files, _ := filepath.Glob("../../shared/corpus/malformed/*/*")
	if len(files) == 0 {
		t.Skip("no ../shared/corpus/malformed beside the checkout")
	}
	for i, name := range files {
		if testing.Short() && i%8 != 0 {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			continue // a folder
		}
		for _, f := range []Filter{Gray{}, Scale{}} {
			var out bytes.Buffer
			err := Run(&out, bytes.NewReader(data), f, Options{Limits: codec.Limits{Pixels: 1 << 22}})
			if err != nil && strings.Contains(err.Error(), "the decoder failed") {
				t.Logf("%s: %v", filepath.Base(name), err)
			}
			// The first rows may have been written before the error.
			if _, decodeErr := codec.Decode(&out, codec.DecodeOptions{}); err != nil && decodeErr == nil {
				t.Errorf("%s: %v, but what came out passes for whole", name, err)
			}
		}
	}
}
