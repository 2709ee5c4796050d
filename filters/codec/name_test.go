package codec

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRename(t *testing.T) {
	for _, c := range []struct {
		format     Format
		name, want string
	}{
		{JPEG, "a.jpg", "a.jpg"},
		{JPEG, "a.JPEG", "a.JPEG"},
		{PNG, "IMG_1.JPG", "IMG_1.png"},
		{PNG, "b/a.b.jpe", "b/a.b.png"},
		{TIFF, "a.tiff", "a.tiff"},
		{WebP, "a.tif", "a.webp"},
		{PNM, "a.ppm", "a.ppm"},
		{PNM, "a.pam", "a.pnm"},
		{PAM, "a.ppm", "a.pam"},
		{JPEG, "a.HEIC", "a.jpg"},
		{JPEG, "photo", "photo.jpg"},
		{JPEG, "scan.2024", "scan.2024.jpg"},
		{JPEG, "b.png/photo", "b.png/photo.jpg"},
		{JPEG, ".png", ".png.jpg"},
		{GIF, "a.", "a..gif"},
	} {
		if got := c.format.Rename(c.name); got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.name, c.format, got, c.want)
		}
	}
}

func TestFormatOfName(t *testing.T) {
	for _, c := range []struct {
		name string
		want Format
		err  bool
	}{
		{"a.jpg", JPEG, false},
		{"a.b/A.JPEG", JPEG, false},
		{"a.jfif", JPEG, false},
		{"a.apng", PNG, false},
		{"a.ppm", PNM, false},
		{"a.pam", PAM, false},
		{"a.jpg.tmp", "", false},
		{"a.png/b", "", false},
		{".png", "", false},
		{"a.", "", false},
		{"", "", false},
		{"a.heic", "", true},
		{"a.PSD", "", true},
		{".psd", "", false},
	} {
		got, err := FormatOfName(c.name)
		if got != c.want || (err != nil) != c.err {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
		if HasExtension(c.name) != (c.want != "" || c.err) {
			t.Errorf("%s: HasExtension is wrong", c.name)
		}
	}
	for _, other := range others {
		for _, ending := range other.endings {
			if f := formatOfEnding(ending); f != "" {
				t.Errorf("%s is a %s, which can be written", ending, f)
			}
		}
	}
}

// TestRecognise: the files that the programs read are recognised, also if they are cut
// off, and text is not.
func TestRecognise(t *testing.T) {
	files, err := filepath.Glob("../../testdata/in/*.*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := FormatOfName(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{16, 40, HeadSize} {
			if got := Recognise(data[:min(n, len(data))]); want != "" && got != want {
				t.Errorf("%s, %d bytes: %q, want %q", file, n, got, want)
			}
		}
	}
	for _, text := range []string{"", "B", "P", "BMW is a maker of cars, and this is no picture.", "P5 is on the first floor", "P4s", "notes"} {
		if got := Recognise([]byte(text)); got != "" {
			t.Errorf("%q: %s", text, got)
		}
	}
}
