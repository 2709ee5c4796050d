package jpegdct

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"sort"
	"strings"
	"testing"
)

// grayRefused has the error for each picture that Gray refuses.
var grayRefused = map[string]error{
	"rgb.jpg":                ErrUnsupported, // jpegtran refuses these too
	"rgb-prog.jpg":           ErrUnsupported,
	"cmyk-adobe.jpg":         ErrUnsupported,
	"cmyk-adobe-prog.jpg":    ErrUnsupported,
	"cmyk-im-sub.jpg":        ErrUnsupported,
	"sub-luma-lt-chroma.jpg": ErrUnsupported,
	"video-001.cmyk.jpeg":    ErrUnsupported,
	"video-001.rgb.jpeg":     ErrUnsupported,
	"leading-zero.jpg":       ErrCorrupt,
	"bitflip.jpg":            ErrCorrupt, // jpegtran only warns about these
	"trunc-half.jpg":         ErrTruncated,
	"trunc-last-100.jpg":     ErrTruncated,
}

func TestGrayRefuses(t *testing.T) {
	for name, data := range pictures(t) {
		out, err := gray(data)
		if want := grayRefused[name]; !errors.Is(err, want) {
			t.Errorf("%s: got error %v, want %v", name, err, want)
		}
		if errors.Is(err, ErrUnsupported) && len(out) > 0 {
			t.Errorf("%s: error %v, but %d bytes were written", name, err, len(out))
		}
	}
}

// TestGrayAsJpegtran: the output has the same pixels as that of jpegtran -grayscale.
func TestGrayAsJpegtran(t *testing.T) {
	tool(t, "jpegtran")
	tool(t, "djpeg")
	warned := map[string]bool{"no-eoi.jpg": true, "q1.jpg": true}
	for name, data := range pictures(t) {
		if grayRefused[name] != nil {
			continue
		}
		out, err := gray(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := djpeg(t, out)
		if err != nil {
			t.Errorf("%s: djpeg on the output: %v", name, err)
			continue
		}
		reference, err := run(data, "jpegtran", "-grayscale")
		if err != nil && !warned[name] {
			t.Errorf("%s: jpegtran on the input: %v", name, err)
		}
		want, err := djpeg(t, reference)
		if name == "video-001.progressive.truncated.jpeg" {
			// The output is progressive and incomplete, as the source. djpeg smooths
			// such files.
			want, err = djpeg(t, data, "-grayscale")
		}
		if err != nil {
			t.Errorf("%s: djpeg on the output of jpegtran: %v", name, err)
			continue
		}
		if got.channels != 1 || got.w != want.w || got.h != want.h || !bytes.Equal(got.pix, want.pix) {
			t.Errorf("%s: %dx%dx%d pixels differ from jpegtran's %dx%dx%d, PSNR %.1f dB",
				name, got.w, got.h, got.channels, want.w, want.h, want.channels, psnr(got.pix, want.pix))
		}
	}
}

// TestGrayAsGo: image/jpeg decodes the same luma from the source and from the output.
// Unlike TestGrayAsJpegtran it needs no other programs.
func TestGrayAsGo(t *testing.T) {
	for name, data := range pictures(t) {
		if grayRefused[name] != nil || len(data) > 1<<20 {
			continue
		}
		out, err := gray(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m, err := jpeg.Decode(bytes.NewReader(out))
		if err != nil {
			t.Errorf("%s: image/jpeg on the output: %v", name, err)
			continue
		}
		got, ok := m.(*image.Gray)
		if !ok {
			t.Errorf("%s: output is a %T", name, m)
			continue
		}
		source, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			continue // image/jpeg cannot decode all sources
		}
		b := got.Bounds()
		for y := range b.Dy() {
			for x := range b.Dx() {
				if want := luma(source, x, y); got.GrayAt(x, y).Y != want {
					t.Fatalf("%s: pixel %d,%d is %d, want %d", name, x, y, got.GrayAt(x, y).Y, want)
				}
			}
		}
	}
}

// luma returns the luma sample of a pixel.
func luma(m image.Image, x, y int) byte {
	switch m := m.(type) {
	case *image.YCbCr:
		return m.Y[m.YOffset(x, y)]
	case *image.Gray:
		return m.GrayAt(x, y).Y
	}
	panic(fmt.Sprintf("%T", m))
}

// TestGrayGolden: the output has the same hash as when its pixels were compared with
// those of jpegtran. -update writes the hashes.
func TestGrayGolden(t *testing.T) {
	var lines []string
	for name, data := range pictures(t) {
		if out, err := gray(data); err == nil {
			lines = append(lines, fmt.Sprintf("%x %s", sha256.Sum256(out), name))
		}
	}
	const file = "testdata/gray.sha256"
	if *update {
		sort.Slice(lines, func(i, j int) bool { return lines[i][65:] < lines[j][65:] })
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden := string(read(t, file))
	for _, line := range lines {
		if !strings.Contains(golden, line+"\n") {
			t.Errorf("not in %s: %s", file, line)
		}
	}
}

// TestGrayOfGray: the scans of a gray picture are copied.
func TestGrayOfGray(t *testing.T) {
	for _, name := range []string{"gray.jpg", "gray-prog.jpg", "gray-2x2.jpg"} {
		data := variant(t, name)
		out, err := gray(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, want := range scanBytes(data) {
			if got := scanBytes(out)[i]; !bytes.Equal(got, want) {
				t.Errorf("%s: scan %d has %d bytes that differ from the source's %d", name, i+1, len(got), len(want))
			}
		}
	}
}

// scanBytes returns the coded data of all scans.
func scanBytes(data []byte) (scans [][]byte) {
	for {
		i := bytes.Index(data, []byte{0xFF, mSOS})
		if i < 0 {
			return scans
		}
		data = data[i+2+int(be16(data[i+2:])):]
		end, marker := nextMarker(data, 0)
		for isRestart(marker) {
			end, marker = nextMarker(data, end+2)
		}
		scans = append(scans, data[:end])
		data = data[end:]
	}
}

// TestGrayWithoutHuffmanTables: a file without DHT segments, such as a frame of Motion
// JPEG, is decoded with the tables of T.81, K.3.
func TestGrayWithoutHuffmanTables(t *testing.T) {
	for _, name := range []string{"base-2x2.jpg", "restart1.jpg", "gray.jpg"} {
		data := variant(t, name)
		want, err := gray(data)
		if err != nil {
			t.Fatal(err)
		}
		got, err := gray(withoutDHT(data))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes and error %v, want the same %d bytes as with tables", name, len(got), err, len(want))
		}
	}
}

// withoutDHT returns data without the DHT segments before the first scan.
func withoutDHT(data []byte) []byte {
	out := append([]byte(nil), data[:2]...)
	for i := 2; ; {
		n := 2 + int(be16(data[i+2:]))
		if data[i+1] == mSOS {
			return append(out, data[i:]...)
		}
		if data[i+1] != mDHT {
			out = append(out, data[i:i+n]...)
		}
		i += n
	}
}
