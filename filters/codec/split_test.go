package codec

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"imgpipe/filters/internal/imagetest"
)

// split returns all images of a stream, and the error that ended it; nil for
// io.EOF.
func split(r io.Reader, most int64) (images []string, err error) {
	s := NewSplitter(r, Limits{Memory: most})
	for {
		image, err := s.Next()
		if long := new(LimitError); errors.As(err, &long) {
			images = append(images, long.Error())
			continue
		}
		switch {
		case err == io.EOF:
			return images, nil
		case err != nil:
			return images, err
		default:
			images = append(images, string(image))
		}
	}
}

func TestSplit(t *testing.T) {
	in := func(name string) string { return string(imagetest.Input(t, name)) }
	jpeg, png := in("photo420.jpg"), in("rgb8.png")
	progressive, gif, bmp, webp := in("photo444p.jpg"), in("animated.gif"), in("rgb8.bmp"), in("lossy.webp")
	pgm, ppm16, pbm, pam := "P5 # \n3 2\n255\n\xff\xd8\xff\xd8\xff\xd8", "P6 1 1 65535 abcdef", "P4\n9 2\nabcd", "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\nab"
	plain := []string{"P1 # \n2 2 0110", "P2\n2 1\n9\n8 # a comment\n9\n", "P3 1 1 9\n1 2 3 "}
	thumbnail := "\xff\xd8\xff\xe1\x00\x0dExif\x00\x00\xff\xd8\xff\xd9\x00" + jpeg[2:]
	end := func(name, image string) string { return image[:len(image)-len(name)] }
	for _, c := range []struct {
		name, in string
		want     []string
		err      string
	}{
		{"nothing", "", nil, ""},
		{"padding alone", "\x00\x00\r\n \xff\xff", nil, ""},
		{"each format", jpeg + png + progressive + gif + bmp + webp, []string{jpeg, png, progressive, gif, bmp, webp}, ""},
		{"netpbm's", pgm + ppm16 + pgm + pbm + pam + pgm, []string{pgm, ppm16, pgm, pbm, pam, pgm}, ""},
		{"netpbm's plain ones", plain[0] + plain[1] + plain[2] + plain[0], append(plain, plain[0]), ""},
		{"a plain one cut short", "P2 9 9 9\n1 2 3", []string{"P2 9 9 9\n1 2 3"}, ""},
		{"a header cut short", pgm + "P5 9", []string{pgm, "P5 9"}, ""},
		{"a GIF's signature alone", pgm + "GIF89a", []string{pgm, "GIF89a"}, ""},
		{"a BMP's signature alone", "BM", []string{"BM"}, ""},
		{"a GIF's header cut short", gif + gif[:11], []string{gif, gif[:11]}, ""},
		{"a BMP's header cut short", bmp + bmp[:5], []string{bmp, bmp[:5]}, ""},
		{"a plain one with a word in it", "P2 9 9 9\n1 2 three", nil, "corrupt PNM: "},
		{"padding", "\n" + jpeg + "\x00\x00\x00" + jpeg + "\xff\xff" + jpeg + "\r\n" + png + "\x00\x00", []string{jpeg, jpeg, jpeg, png}, ""},
		{"a JPEG in a JPEG's segment", thumbnail + png, []string{thumbnail, png}, ""},
		{"a JPEG cut short by the next", jpeg[:1500] + jpeg + png, []string{jpeg[:1500], jpeg, png}, ""},
		{"a JPEG that lacks only its EOI", end("\xff\xd9", jpeg) + jpeg, []string{end("\xff\xd9", jpeg), jpeg}, ""},
		{"a JPEG with dirt between its segments", jpeg[:20] + "dirt" + jpeg[20:] + png, []string{jpeg[:20] + "dirt" + jpeg[20:], png}, ""},
		{"the last cut short", jpeg + png[:500], []string{jpeg, png[:500]}, ""},
		{"the last of one byte", jpeg + "\x89", []string{jpeg}, "unrecognised image format"},
		{"text behind an image", jpeg + "--boundary\r\n", []string{jpeg}, "unrecognised image format"},
		{"a PNG cut short", png[:500] + png, nil, "the end of this PNG can't be found: "},
		{"a GIF with an unknown block", gif[:13] + "\x00" + gif[13:], nil, "the end of this GIF can't be found: unknown block"},
		{"a BMP that says no size", "BM\x00\x00\x00\x00" + bmp[6:], nil, "the end of this BMP can't be found: "},
		{"a TIFF", png + in("rgb8.tiff"), []string{png}, "where a TIFF ends can't be told"},
		{"too long", strings.Repeat(jpeg, 2) + progressive + jpeg, []string{jpeg, jpeg, "JPEG of more than 2000 bytes", jpeg}, ""},
		{"zeros for ever", jpeg + strings.Repeat("\x00", 2<<20), []string{jpeg}, "more than 1048576 bytes without an image"},
	} {
		t.Run(c.name, func(t *testing.T) {
			most := int64(1 << 20)
			if c.name == "too long" {
				most = 2000
			}
			readers := map[string]io.Reader{"at once": strings.NewReader(c.in), "with EOF": iotest.DataErrReader(strings.NewReader(c.in))}
			if len(c.in) < 1<<20 {
				readers["byte by byte"] = iotest.OneByteReader(strings.NewReader(c.in))
			}
			for how, r := range readers {
				got, err := split(r, most)
				if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
					t.Errorf("%s: error %v, want %q", how, err, c.err)
				}
				if !reflect.DeepEqual(got, c.want) {
					t.Errorf("%s: got %d images of %v bytes, want %d of %v", how, len(got), lengths(got), len(c.want), lengths(c.want))
				}
			}
		})
	}
}

func lengths(images []string) (all []int) {
	for _, m := range images {
		all = append(all, len(m))
	}
	return all
}

// TestSplitPrefixes: of an image that is cut short, all bytes are returned, once.
func TestSplitPrefixes(t *testing.T) {
	for _, name := range []string{"animated.gif", "rgb8.bmp", "rgb8.png", "photo420.jpg", "lossy.webp", "alpha8.pam", "bits.pbm"} {
		whole := string(imagetest.Input(t, name))
		for n := 1; n <= len(whole); n += 1 + n/64 {
			s := NewSplitter(strings.NewReader(whole[:n]), Limits{})
			image, err := s.Next()
			if err == ErrFormat || n == 1 && err == io.EOF { // too short to tell the format; FF alone is padding
				continue
			}
			if string(image) != whole[:n] || err != nil {
				t.Fatalf("%s cut to %d bytes: %d bytes and %v, want all", name, n, len(image), err)
			}
			if image, err = s.Next(); err != io.EOF {
				t.Fatalf("%s cut to %d bytes: %d more bytes and %v, want io.EOF", name, n, len(image), err)
			}
		}
	}
}

func TestSplitReadError(t *testing.T) {
	broken := errors.New("broken")
	jpeg := string(imagetest.Input(t, "photo420.jpg"))
	got, err := split(io.MultiReader(strings.NewReader(jpeg+jpeg[:100]), iotest.ErrReader(broken)), 1<<20)
	if err != broken || len(got) != 1 {
		t.Errorf("%d images and error %v, want 1 and %v", len(got), err, broken)
	}
}

// FuzzSplit: the images do not depend on how many bytes come at a time, and all
// bytes but padding are in them. The first image has the pixels that Decode finds;
// but a BMP is as long as its header says, which may be too short.
func FuzzSplit(f *testing.F) {
	files, err := filepath.Glob(imagetest.Path(f, "testdata", "in", "*"))
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil && len(data) < 4000 {
			f.Add(data)
			f.Add(append(data[:len(data):len(data)], data...))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		images, err := split(bytes.NewReader(data), 1<<20)
		slow, slowErr := split(iotest.OneByteReader(bytes.NewReader(data)), 1<<20)
		if !reflect.DeepEqual(images, slow) || (err == nil) != (slowErr == nil) {
			t.Fatalf("images of %v bytes and %v at once, of %v and %v byte by byte", lengths(images), err, lengths(slow), slowErr)
		}
		rest := string(data)
		for i, m := range images {
			padding, after, ok := strings.Cut(rest, m)
			if !ok || strings.Trim(strings.ReplaceAll(padding, "\xff", ""), "\x00 \t\n\v\f\r") != "" {
				t.Fatalf("image %d has %q before it", i+1, padding)
			}
			rest = after
		}
		l := Limits{Pixels: 1 << 20}
		whole, err := Decode(bytes.NewReader(data), DecodeOptions{Limits: l})
		if err != nil || whole.Format == BMP || whole.Format == TIFF {
			return
		}
		if len(images) == 0 {
			t.Fatalf("a %s for Decode, and for the stream nothing", whole.Format)
		}
		first, err := Decode(strings.NewReader(images[0]), DecodeOptions{Limits: l})
		if err != nil || !reflect.DeepEqual(first.Frames, whole.Frames) {
			t.Fatalf("the first image of the stream is not what Decode finds: %v", err)
		}
	})
}
