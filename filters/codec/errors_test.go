package codec

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"imgpipe/filters/internal/imagetest"
)

// TestErrorKinds: errors.Is tells what is wrong with an input.
func TestErrorKinds(t *testing.T) {
	half := func(name string) string {
		data := imagetest.Input(t, name)
		return string(data[:len(data)/2])
	}
	whole := func(name string) string { return string(imagetest.Input(t, name)) }
	all := []error{ErrEmpty, ErrFormat, ErrTruncated, ErrCorrupt, ErrUnsupported}
	for _, c := range []struct {
		name, in string
		want     []error
	}{
		{"nothing", "", []error{ErrEmpty}},
		{"text", "Dear Sir or Madam,\n", []error{ErrFormat}},
		{"half a JPEG", half("photo420.jpg"), []error{ErrTruncated}},
		{"half a PNG", half("rgb8.png"), []error{ErrTruncated}},
		{"half a GIF", half("still.gif"), []error{ErrTruncated}},
		{"half a BMP", half("rgb8.bmp"), []error{ErrTruncated}},
		{"half a TIFF", half("rgb8.tiff"), []error{ErrTruncated}},
		{"half a WebP", half("lossy.webp"), []error{ErrTruncated}},
		{"half a PPM", half("rgb10.ppm"), []error{ErrTruncated}},
		{"a JPEG of nothing", "\xff\xd8\xff\xd9", []error{ErrCorrupt}},
		{"a lossless JPEG", strings.Replace(whole("photo420.jpg"), "\xff\xc0", "\xff\xc3", 1), []error{ErrUnsupported}},
		{"a PNG with a wrong CRC", strings.Replace(whole("rgb8.png"), "IHDR\x00", "IHDR\x01", 1), []error{ErrCorrupt}},
		{"a GIF with an unknown block", "GIF89a\x01\x00\x01\x00\x00\x00\x00\x01", []error{ErrCorrupt}},
		{"a GIF of 0 x 0", "GIF89a\x00\x00\x00\x00\x00\x00\x00;", []error{ErrCorrupt}},
		{"a BMP with a JPEG inside", "BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x04" + strings.Repeat("\x00", 23), []error{ErrUnsupported}},
		{"a BMP of width 0", "BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00" + strings.Repeat("\x00", 36), []error{ErrCorrupt}},
		{"a TIFF without a page", "II*\x00\x00\x00\x00\x00", []error{ErrCorrupt}},
		{"a TIFF of an unknown compression", "II*\x00\x08\x00\x00\x00\x04\x00" +
			"\x00\x01\x03\x00\x01\x00\x00\x00\x01\x00\x00\x00" + "\x01\x01\x03\x00\x01\x00\x00\x00\x01\x00\x00\x00" +
			"\x03\x01\x03\x00\x01\x00\x00\x00\x04\x7b\x00\x00" + "\x11\x01\x03\x00\x01\x00\x00\x00\x08\x00\x00\x00" +
			"\x00\x00\x00\x00", []error{ErrUnsupported}},
		{"an animated WebP without frames", "RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00", []error{ErrCorrupt}},
		{"a PAM of inks", "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\nENDHDR\n1234", []error{ErrCorrupt}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Decode(strings.NewReader(c.in), DecodeOptions{})
			if err == nil {
				t.Fatal("no error")
			}
			for _, kind := range all {
				want := false
				for _, w := range c.want {
					want = want || w == kind
				}
				if got := errors.Is(err, kind); got != want {
					t.Errorf("%v: errors.Is(%q) is %v, want %v", err, kind, got, want)
				}
			}
		})
	}
}

// TestLimitErrors: an error says which limit a picture is beyond.
func TestLimitErrors(t *testing.T) {
	for _, c := range []struct {
		in     string
		limits Limits
		want   Limit
	}{
		{"rgb8.png", Limits{Pixels: 61*41 - 1}, MaxPixels},
		{"rgb8.png", Limits{Memory: 8000}, MaxMemory},
		{"photo420.jpg", Limits{Pixels: 1}, MaxPixels},
		{"photo444p.jpg", Limits{Memory: 8000}, MaxMemory},
		{"animated.gif", Limits{Frames: 2}, MaxFrames},
		{"pages.tiff", Limits{Frames: 2}, MaxFrames},
		{"pages.tiff", Limits{Pixels: 61 * 41 * 2}, MaxPixels},
	} {
		_, err := Decode(bytes.NewReader(imagetest.Input(t, c.in)), DecodeOptions{Limits: c.limits})
		var got *LimitError
		if !errors.As(err, &got) || got.Limit != c.want {
			t.Errorf("%s with %+v: error %v, want a LimitError of limit %d", c.in, c.limits, err, c.want)
		}
	}
}

// TestFormatLimits: an error says what a format cannot hold.
func TestFormatLimits(t *testing.T) {
	p, err := Decode(bytes.NewReader(imagetest.Input(t, "animated.gif")), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var frames *FramesError
	if err := Encode(io.Discard, p, EncodeOptions{Format: BMP}); !errors.As(err, &frames) || *frames != (FramesError{BMP, 3}) {
		t.Errorf("error %v, want a FramesError of 3 frames", err)
	}
	p, err = Decode(strings.NewReader("P4 70000 1\n"+strings.Repeat("\x00", 8750)), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var side *SideError
	if err := Encode(io.Discard, p, EncodeOptions{Format: JPEG}); !errors.As(err, &side) || *side != (SideError{JPEG, 70000, 1, 65535}) {
		t.Errorf("error %v, want a SideError of 70000 x 1", err)
	}
}

// TestReadErrors: an error of the reader stays as it is, for every format.
func TestReadErrors(t *testing.T) {
	broken := errors.New("broken")
	for _, name := range []string{"photo420.jpg", "rgb8.png", "still.gif", "rgb8.bmp", "rgb8.tiff", "lossy.webp", "rgb10.ppm"} {
		data := imagetest.Input(t, name)
		_, err := Decode(io.MultiReader(bytes.NewReader(data[:len(data)/2]), iotest.ErrReader(broken)), DecodeOptions{})
		if err != broken {
			t.Errorf("%s: error %v, want %v", name, err, broken)
		}
	}
	if _, err := OpenJPEG(iotest.ErrReader(broken), DecodeOptions{}); err != broken {
		t.Errorf("OpenJPEG: error %v, want %v", err, broken)
	}
}
