package filters

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"imgpipe/filters/codec"
)

// exifTags are tags as exiftool writes them, of all directories and types. A %d is a
// random number from 1 to 99.
var exifTags = []string{
	"IFD0:Make=Maker %d", "IFD0:Model=%d", "IFD0:Software=a program with a name of %d letters, which does not stand in its entry",
	"IFD0:Artist=Zoë %d", "IFD0:Copyright=© %d", "IFD0:ImageDescription=%d", "IFD0:ModifyDate=2020:01:02 03:04:%d",
	"IFD0:Orientation#=1", "IFD0:Rating=5", "IFD0:XPTitle=title %d",
	"ExifIFD:ExposureTime=1/%d", "ExifIFD:FNumber=2.8", "ExifIFD:ISO=%d", "ExifIFD:ExposureCompensation=-1/3", "ExifIFD:UserComment=comment %d",
	"ExifIFD:DateTimeOriginal=2020:01:02 03:04:%d", "ExifIFD:SubSecTime=%d", "ExifIFD:OffsetTime=+01:00", "ExifIFD:LensModel=Lens %d mm",
	"ExifIFD:LensInfo=24 70 2.8 4", "ExifIFD:FocalLength=%d", "ExifIFD:ColorSpace#=1", "ExifIFD:Flash#=16", "ExifIFD:ImageUniqueID=%032d",
	"ExifIFD:ComponentsConfiguration#=1 2 3 0", "ExifIFD:SceneType#=1", "ExifIFD:BodySerialNumber=%d",
	"GPS:GPSLatitude=%d.5", "GPS:GPSLatitudeRef=N", "GPS:GPSLongitude=%d.25", "GPS:GPSLongitudeRef=W", "GPS:GPSAltitude=%d", "GPS:GPSTimeStamp=01:02:%d",
	"GPS:GPSVersionID=2.3.0.0", "GPS:GPSProcessingMethod=GPS", "InteropIFD:InteropIndex=R98",
}

// TestExiftoolReadsTheSame: what exiftool wrote into a JPEG, it reads again from what
// becomes of the file in all formats that hold EXIF.
func TestExiftoolReadsTheSame(t *testing.T) {
	if _, err := exec.LookPath("exiftool"); err != nil {
		t.Skip("exiftool isn't installed")
	}
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	var files []string
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 1))
		in := path(fmt.Sprintf("%d.in.jpg", seed))
		args := []string{"-q", "-o", in, "-ExifByteOrder=" + []string{"MM", "II"}[seed%2], "-XResolution=300", "-YResolution=200", "-ResolutionUnit=inches"}
		for _, tag := range exifTags {
			if bytes.ContainsRune([]byte(tag), '%') {
				tag = fmt.Sprintf(tag, 1+r.IntN(59))
			}
			if r.IntN(3) > 0 {
				args = append(args, "-"+tag)
			}
		}
		if out, err := exec.Command("exiftool", append(args, filepath.Join("..", "testdata", "in", "photo420.jpg"))...).CombinedOutput(); err != nil {
			t.Fatalf("exiftool: %v: %s", err, out)
		}
		data, err := os.ReadFile(in)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, in)
		for _, f := range []codec.Format{codec.JPEG, codec.PNG, codec.TIFF, codec.WebP} {
			for name, filter := range map[string]Filter{"gray": Gray{}, "scale": Scale{}} {
				out := path(fmt.Sprintf("%d.%s.%s", seed, name, f))
				var file bytes.Buffer
				if err := Run(&file, bytes.NewReader(data), filter, Options{Format: f}); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(out, file.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
				files = append(files, out)
			}
		}
	}
	var want map[string]any
	for _, tags := range exifOf(t, files) {
		name := filepath.Base(tags["SourceFile"].(string))
		if filepath.Ext(name) == ".jpg" {
			want = tags
			continue
		}
		for tag, value := range want {
			isOfTIFF := tag == "IFD0:YCbCrPositioning" && filepath.Ext(name) == ".TIFF" // it says how pixels are stored
			if tag != "SourceFile" && !isOfTIFF && fmt.Sprint(tags[tag]) != fmt.Sprint(value) {
				t.Errorf("%s: %s is %v, was %v", name, tag, tags[tag], value)
			}
		}
		if warning, ok := tags["ExifTool:Warning"]; ok {
			t.Errorf("%s: exiftool warns: %v", name, warning)
		}
	}
}

// exifOf returns what exiftool reads of the EXIF of files, by directory and tag.
func exifOf(t *testing.T, files []string) (all []map[string]any) {
	t.Helper()
	out, err := exec.Command("exiftool", append([]string{"-j", "-G1", "-n", "-IFD0:all", "-ExifIFD:all", "-GPS:all", "-InteropIFD:all", "-Warning"}, files...)...).Output()
	if err != nil {
		t.Fatalf("exiftool: %v", err)
	}
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != len(files) {
		t.Fatalf("exiftool read %d of %d files", len(all), len(files))
	}
	return all
}
