package filters

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"imgpipe/filters/codec"
)

// addSmall adds the files in testdata/in of less than 4000 bytes that match.
func addSmall(f *testing.F, pattern string) {
	files, err := filepath.Glob(filepath.Join("../testdata/in", pattern))
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil && len(data) < 4000 {
			f.Add(data)
		}
	}
}

// FuzzStream: a stream gives, one after another, the results of its images alone.
func FuzzStream(f *testing.F) {
	addSmall(f, "*")
	o := Options{Limits: codec.Limits{Pixels: 1 << 18, Memory: 64 << 20, Frames: 20}}
	f.Fuzz(func(t *testing.T, data []byte) {
		data = append(data[:len(data):len(data)], data...)
		var want bytes.Buffer
		failed := false
		for images := codec.NewSplitter(bytes.NewReader(data), o.Limits); ; {
			image, err := images.Next()
			if err == io.EOF {
				failed = failed || want.Len() == 0
				break
			}
			var out bytes.Buffer
			if err == nil {
				err = Run(&out, bytes.NewReader(image), Gray{}, o)
			}
			if err != nil {
				failed = true
				continue
			}
			want.Write(out.Bytes())
		}
		var got bytes.Buffer
		err := RunStream(&got, bytes.NewReader(data), Gray{}, o, 2)
		if (err != nil) != failed || !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Fatalf("the stream gave %d bytes and %v, its images %d, one failed: %t", got.Len(), err, want.Len(), failed)
		}
	})
}

// FuzzGrayAsDjpeg: djpeg finds in the result the luma that it finds in the input,
// where it reads both without a complaint.
func FuzzGrayAsDjpeg(f *testing.F) {
	needPrograms(f, "djpeg")
	addSmall(f, "*.jpg")
	l := codec.Limits{Pixels: 1 << 18, Memory: 64 << 20}
	f.Fuzz(func(t *testing.T, data []byte) {
		var out bytes.Buffer
		if err := Run(&out, bytes.NewReader(data), Gray{}, Options{Limits: l, Tolerate: func(breach error) error { return breach }}); err != nil {
			return
		}
		want, err := djpegGray(data)
		if err != nil {
			return
		}
		got, err := djpegGray(out.Bytes())
		if err != nil {
			t.Fatalf("djpeg of the result: %v", err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("djpeg finds another luma in the result")
		}
	})
}

// djpegGray returns the luma of a JPEG by djpeg, as a PGM, or what it complains of.
func djpegGray(data []byte) ([]byte, error) {
	cmd := exec.Command("djpeg", "-grayscale", "-pnm")
	var complaint bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(data), &complaint
	out, err := cmd.Output()
	if err == nil && complaint.Len() > 0 {
		err = errors.New(complaint.String())
	}
	return out, err
}
