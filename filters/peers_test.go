package filters

import (
	"bytes"
	"fmt"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/pixel"
	"imgpipe/filters/pnm"
)

// TestPixelsAreDjpegs compares the pixels of every JPEG of the shared corpus with
// those that djpeg decodes.
func TestPixelsAreDjpegs(t *testing.T) {
	files, _ := filepath.Glob("../../shared/corpus/jpeg-variants/*.jpg")
	if len(files) == 0 {
		t.Skip("no ../shared/corpus/jpeg-variants beside the checkout")
	}
	needPrograms(t, "djpeg")
	// JPEGs that this package decodes and djpeg only with a warning.
	more := map[string]string{"no-eoi.jpg": "lacks its end, but not one coefficient"}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			djpeg := exec.Command("djpeg", "-ppm")
			djpeg.Stdin = bytes.NewReader(data)
			ppm, djpegErr := djpeg.Output()
			p, err := codec.Decode(bytes.NewReader(data), codec.DecodeOptions{})
			if err != nil && djpegErr == nil {
				t.Fatalf("refused, but not by djpeg: %v", err)
			}
			if _, known := more[name]; known != (err == nil && djpegErr != nil) {
				t.Fatalf("djpeg: %v; here: %v", djpegErr, err)
			}
			if err != nil || djpegErr != nil {
				return
			}
			want := decode(t, ppm)
			if most, psnr := imagetest.Compare(t, pixel.ToRGB(p.Frames[0].Image), want); most > 4 || psnr < 50 {
				t.Errorf("differs from djpeg's by up to %d, PSNR %.1f dB; want at most 4, at step 50", most, psnr)
			}
		})
	}
}

// needPrograms skips the test if one of the programs is missing.
func needPrograms(t testing.TB, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program, "is not installed")
		}
	}
}

// TestPNMIsNetpbms compares the results for each kind of PNM with those of
// netpbm's own tools: format, size, maxval, and samples.
func TestPNMIsNetpbms(t *testing.T) {
	needPrograms(t, "pamscale", "ppmtopgm")
	plain := func(magic byte, channels, most int) string {
		s := fmt.Sprintf("P%c # 6 x 4\n6 4\n", magic)
		if magic != '1' {
			s += fmt.Sprintln(most)
		}
		for i := range 6 * 4 * channels {
			s += fmt.Sprintln(i * 29 % (most + 1))
		}
		return s
	}
	raw := func(head string, size, most int) string {
		for i := range size {
			head += string([]byte{byte(i * 29 % (most + 1))})
		}
		return head
	}
	box := Scale{Kernel: "box"} // as pamscale -linear does it
	for _, c := range []struct {
		name, in string
		filter   Filter
		peer     string
	}{
		{"plain PBM", plain('1', 1, 1), box, "pamscale -linear -reduce 2"},
		{"PBM", "P4\n6 2\n\xa8\x54", box, "pamscale -linear -reduce 2"},
		{"PBM, gray", "P4\n6 2\n\xa8\x54", Gray{}, "cat"},
		{"plain PGM of 3 bits", plain('2', 1, 7), box, "pamscale -linear -reduce 2"},
		{"PGM", raw("P5\n6 4\n255\n", 24, 255), box, "pamscale -linear -reduce 2"},
		{"PGM, gray", raw("P5\n6 4\n255\n", 24, 255), Gray{}, "ppmtopgm"},
		{"plain PPM of 10 bits", plain('3', 3, 1023), box, "pamscale -linear -reduce 2"},
		{"plain PPM of 10 bits, gray", plain('3', 3, 1023), Gray{}, "ppmtopgm"},
		{"PPM", raw("P6\n6 4\n255\n", 72, 255), box, "pamscale -linear -reduce 2"},
		{"PPM, gray", raw("P6\n6 4\n255\n", 72, 255), Gray{}, "ppmtopgm"},
		{"PPM of 16 bits", raw("P6\n6 4\n65535\n", 144, 255), box, "pamscale -linear -reduce 2"},
		{"PAM", raw("P7\nWIDTH 6\nHEIGHT 4\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n", 72, 255), box, "pamscale -linear -reduce 2"},
		{"PAM, gray", raw("P7\nWIDTH 6\nHEIGHT 4\nDEPTH 1\nMAXVAL 200\nTUPLTYPE GRAYSCALE\nENDHDR\n", 24, 200), box, "pamscale -linear -reduce 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got bytes.Buffer
			if err := Run(&got, strings.NewReader(c.in), c.filter, Options{}); err != nil {
				t.Fatal(err)
			}
			peer := exec.Command("sh", "-c", c.peer)
			peer.Stdin = strings.NewReader(c.in)
			want, err := peer.Output()
			if err != nil {
				t.Fatal(err)
			}
			g, err := pnm.ReadHeader(bytes.NewReader(got.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			w, err := pnm.ReadHeader(bytes.NewReader(want))
			if err != nil || g != w {
				t.Fatalf("%+v, want %+v (%v)", g, w, err)
			}
			step := max(1, (255+w.MaxVal-1)/w.MaxVal) // one step
			if most, _ := imagetest.Compare(t, decode(t, got.Bytes()), decode(t, want)); most > step {
				t.Errorf("differs from %s by up to %d, want at most %d", c.peer, most, step)
			}
		})
	}
}

// TestMetadataAsExifToolReadsIt: exiftool reads the metadata that are written.
func TestMetadataAsExifToolReadsIt(t *testing.T) {
	if _, err := exec.LookPath("exiftool"); err != nil {
		t.Skip("exiftool is not installed")
	}
	for _, format := range []codec.Format{codec.JPEG, codec.PNG, codec.TIFF, codec.WebP} {
		var out bytes.Buffer
		if err := Run(&out, bytes.NewReader(described(t, codec.PNG)), Scale{}, Options{Format: format}); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "out")
		if err := os.WriteFile(file, out.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		text, err := exec.Command("exiftool", "-n", "-s", "-s", "-s", "-ImageSize", "-Make", "-Artist", "-EXIF:Orientation", "-ExposureTime",
			"-ExifImageWidth", "-GPSLatitude#", "-XMP:Subject", "-XMP:ImageWidth", "-XMP:Orientation", "-ProfileDescription", "-XResolution", "-Warning", "-Error", file).Output()
		width, height, tag := 21, 31, 1
		if format == codec.PNG { // the input's format
			width, height, tag = 31, 21, 6
		}
		want := fmt.Sprintf("%d %d\nMaker\nArtist\n%d\n0.0005701254276\n%d\n51.5\nkept\n%d\n%d\nDisplay P3\n300\n", width, height, tag, width, width, tag)
		if got := string(text); err != nil || got != want {
			t.Errorf("%s: %q (%v), want %q", format, got, err, want)
		}
	}
}

// TestFramesAreImageMagicks compares what is seen of every frame of an animation,
// as ImageMagick composes it, before and after the filters.
func TestFramesAreImageMagicks(t *testing.T) {
	if _, err := exec.LookPath("convert"); err != nil {
		t.Skip("ImageMagick is not installed")
	}
	coalesced := func(data []byte) []byte {
		convert := exec.Command("convert", "gif:-", "-coalesce", "-depth", "8", "rgba:-")
		convert.Stdin = bytes.NewReader(data)
		pix, err := convert.Output()
		if err != nil {
			t.Fatal(err)
		}
		return pix
	}
	for _, name := range []string{"animated.gif", "holes.gif", "disposals.gif"} {
		want := coalesced(imagetest.Input(t, name))
		for i := range len(want) / 4 {
			if want[4*i+3] == 0 {
				copy(want[4*i:], "\x00\x00\x00")
			}
		}
		for _, f := range []Filter{Scale{Factor: Factor{1, 1}}, Gray{}} {
			var out bytes.Buffer
			if err := Run(&out, bytes.NewReader(imagetest.Input(t, name)), f, Options{}); err != nil {
				t.Fatal(err)
			}
			got := coalesced(out.Bytes())
			if len(got) != len(want) {
				t.Errorf("%s, %T: %d bytes of frames, want %d", name, f, len(got), len(want))
				continue
			}
			for i := 0; i < len(want); i += 4 {
				w := [4]uint8(want[i:])
				if f == (Gray{}) {
					v := color.GrayModel.Convert(color.NRGBA{w[0], w[1], w[2], 255}).(color.Gray).Y
					w = [4]uint8{v, v, v, w[3]}
				}
				if g := [4]uint8(got[i:]); g != w && (g[3] > 0 || w[3] > 0) {
					t.Errorf("%s, %T: pixel %d of all frames is %v, want %v", name, f, i/4, g, w)
					break
				}
			}
		}
	}
}
