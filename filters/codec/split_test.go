package codec

import (
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"imgpipe/filters/internal/imagetest"
)

// split returns all images of a stream, with errors in place of those that have
// none, what was skipped, and the error that ended the stream; nil for io.EOF.
func split(r io.Reader, most int64) (images []string, skipped Skipped, err error) {
	s := NewSplitter(r, Limits{Memory: most})
	for {
		image, err := s.Next()
		if ofImage := new(ImageError); errors.As(err, &ofImage) {
			images = append(images, err.Error())
			continue
		}
		switch {
		case err == io.EOF:
			return images, s.Skipped(), nil
		case err != nil:
			return images, s.Skipped(), err
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
	pgm16 := "P5 10 10 255\n" + strings.Repeat("stuvwxyz", 13)[:100-8] + "stuvwxyz"
	preview := png[:33] + chunk("prVw", jpeg) + png[33:]
	badChunk := png[:33] + chunk("\x00Bad", "chunk") + png[33:]
	trailer := "Image_UTC_Data1700000000000SEFHk\x00\x00\x00" + strings.Repeat("\x00", 1000) + "SEFT"
	overlap := ErrOverlap.Error()
	end := func(name, image string) string { return image[:len(image)-len(name)] }
	for _, c := range []struct {
		name, in string
		want     []string
		skipped  Skipped
	}{
		{"nothing", "", nil, Skipped{}},
		{"padding alone", "\x00\x00\r\n \xff\xff", nil, Skipped{}},
		{"each format", jpeg + png + progressive + gif + bmp + webp, []string{jpeg, png, progressive, gif, bmp, webp}, Skipped{}},
		{"netpbm's", pgm + ppm16 + pgm + pbm + pam + pgm, []string{pgm, ppm16, pgm, pbm, pam, pgm}, Skipped{}},
		{"netpbm's plain ones", plain[0] + plain[1] + plain[2] + plain[0], append(plain, plain[0]), Skipped{}},
		{"a plain one cut short", "P2 9 9 9\n1 2 3", []string{"P2 9 9 9\n1 2 3"}, Skipped{}},
		{"a header cut short", pgm + "P5 9", []string{pgm, "P5 9"}, Skipped{}},
		{"a GIF's signature alone", pgm + "GIF89a", []string{pgm, "GIF89a"}, Skipped{}},
		{"a BMP's signature alone", "BM", []string{"BM"}, Skipped{}},
		{"a GIF's header cut short", gif + gif[:11], []string{gif, gif[:11]}, Skipped{}},
		{"a BMP's header cut short", bmp + bmp[:5], []string{bmp, bmp[:5]}, Skipped{}},
		{"padding", "\n" + jpeg + "\x00\x00\x00" + jpeg + "\xff\xff" + jpeg + "\r\n" + png + "\x00\x00", []string{jpeg, jpeg, jpeg, png}, Skipped{}},
		{"zeros for a long time", jpeg + strings.Repeat("\x00", 2<<20) + png, []string{jpeg, png}, Skipped{}},
		{"EOI twice", jpeg + "\xff\xd9" + jpeg + "\xff\xd9", []string{jpeg, jpeg}, Skipped{4, 2}},
		{"a trailer", jpeg + "\x00\x00" + trailer + jpeg, []string{jpeg, jpeg}, Skipped{len64(trailer), 1}},
		{"SOI twice", "\xff\xd8" + jpeg + png, []string{jpeg, png}, Skipped{2, 1}},
		{"lines of a multipart message, and a byte behind SOI", "--b\r\n\xff\xd8x" + jpeg[2:] + png, []string{"\xff\xd8x" + jpeg[2:], png}, Skipped{5, 1}},
		{"a trailer of the length of a chunk", jpeg + strings.Repeat("x", splitChunk) + png, []string{jpeg, png}, Skipped{splitChunk, 1}},
		{"text before and behind", "--boundary\r\n\r\n" + jpeg + "--boundary\r\n", []string{jpeg}, Skipped{26, 2}},
		{"text alone", "Dear Sir or Madam,\n", nil, Skipped{19, 1}},
		{"signatures in text", jpeg + "is P5 BM GIF89a RIFF\xff\xd8\xff\xe0" + png, []string{jpeg, png}, Skipped{24, 1}},
		{"no BMP", jpeg + "BM to you" + strings.Repeat(".", 20) + png, []string{jpeg, png}, Skipped{29, 1}},
		{"no PNM", jpeg + "P5 x" + png, []string{jpeg, png}, Skipped{4, 1}},

		{"a JPEG in a JPEG's segment", thumbnail + png, []string{thumbnail, png}, Skipped{}},
		{"a JPEG in a PNG's chunk", preview + jpeg, []string{preview, jpeg}, Skipped{}},
		{"a JPEG cut short by the next", jpeg[:1500] + jpeg + png, []string{jpeg[:1500], jpeg, png}, Skipped{}},
		{"a JPEG cut short by another format", jpeg[:1500] + png + jpeg, []string{jpeg[:1500], png, jpeg}, Skipped{}},
		{"a JPEG that lacks only its EOI", end("\xff\xd9", jpeg) + jpeg, []string{end("\xff\xd9", jpeg), jpeg}, Skipped{}},
		{"a JPEG cut short in its EXIF", thumbnail[:25] + jpeg + png, []string{thumbnail[:25], jpeg, png}, Skipped{}},
		{"a JPEG with dirt between its segments", jpeg[:20] + "dirt" + jpeg[20:] + png, []string{jpeg[:20] + "dirt" + jpeg[20:], png}, Skipped{}},
		{"the last cut short", jpeg + png[:500], []string{jpeg, png[:500]}, Skipped{}},
		{"the last of one byte", jpeg + "\x89", []string{jpeg, ErrFormat.Error()}, Skipped{}},
		{"a PNG cut short", png[:500] + png, []string{png[:500], png}, Skipped{}},
		{"a PNG cut short in IEND", end("\x82", png) + jpeg, []string{end("\x82", png), jpeg}, Skipped{}},
		{"a PNG with a bad chunk", badChunk + jpeg, []string{badChunk, jpeg}, Skipped{}},
		{"a GIF with an unknown block", gif[:13] + "\x01" + gif[13:] + png, []string{gif[:13] + "\x01" + gif[13:], png}, Skipped{}},
		{"a GIF without its trailer", end(";", gif) + png, []string{end(";", gif), png}, Skipped{}},
		{"a GIF with zeros between its blocks", gif[:13] + "\x00" + gif[13:] + png, []string{gif[:13] + "\x00" + gif[13:], png}, Skipped{}},
		{"a BMP that says no size", "BM\x00\x00\x00\x00" + bmp[6:] + png, []string{"BM\x00\x00\x00\x00" + bmp[6:], png}, Skipped{}},
		{"a BMP cut short", bmp[:500] + png + bmp, []string{bmp[:500], png, bmp}, Skipped{}},
		{"a WebP cut short", webp[:100] + webp, []string{webp[:100], webp}, Skipped{}},
		{"a PGM cut short", pgm16[:90] + png + jpeg, []string{pgm16[:90], png, jpeg}, Skipped{}},
		{"a PGM cut short by one byte", end("z", pgm16) + png + jpeg, []string{end("z", pgm16) + png[:1], overlap, png, jpeg}, Skipped{}},
		{"a PGM cut short by four bytes", end("wxyz", pgm16) + png + jpeg, []string{end("wxyz", pgm16) + png[:4], overlap, png, jpeg}, Skipped{}},
		{"a PGM cut short by fifteen bytes", pgm16[:len(pgm16)-15] + jpeg, []string{pgm16[:len(pgm16)-15] + jpeg[:15], overlap, jpeg}, Skipped{}},
		{"a plain one with a word in it", "P2 9 9 9\n1 2 three" + png, []string{"P2 9 9 9\n1 2 three", png}, Skipped{}},
		{"a TIFF", png + in("rgb8.tiff") + jpeg, []string{png, "where a TIFF ends can't be told, so it can't be part of a stream", jpeg}, Skipped{}},
		{"too long", strings.Repeat(jpeg, 2) + progressive + jpeg, []string{jpeg, jpeg, "JPEG of more than 2000 bytes", jpeg}, Skipped{}},
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
				got, skipped, err := split(r, most)
				if err != nil || skipped != c.skipped {
					t.Errorf("%s: error %v and skipped %v, want %v", how, err, skipped, c.skipped)
				}
				if !reflect.DeepEqual(got, c.want) {
					t.Errorf("%s: got %d images of %v bytes, want %d of %v", how, len(got), lengths(got), len(c.want), lengths(c.want))
				}
			}
		})
	}
}

// chunk returns a PNG's chunk, with a wrong CRC.
func chunk(kind, data string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(data)))) + kind + data + "crc?"
}

func len64(s string) int64 { return int64(len(s)) }

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
			if errors.Is(err, ErrFormat) || n == 1 && err == io.EOF { // too short to tell the format; FF alone is padding
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
	got, _, err := split(io.MultiReader(strings.NewReader(jpeg+jpeg[:100]), iotest.ErrReader(broken)), 1<<20)
	if err != broken || len(got) != 1 {
		t.Errorf("%d images and error %v, want 1 and %v", len(got), err, broken)
	}
}
