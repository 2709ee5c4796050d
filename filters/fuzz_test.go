package filters

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"imgpipe/filters/codec"
)

func FuzzJPEG(f *testing.F) { fuzz(f, "*.jpg", "jpeg", codec.JPEG) }
func FuzzPNG(f *testing.F)  { fuzz(f, "*.png", "png", codec.PNG) }
func FuzzGIF(f *testing.F)  { fuzz(f, "*.gif", "gif", codec.GIF) }
func FuzzBMP(f *testing.F)  { fuzz(f, "*.bmp", "bmp", codec.BMP) }
func FuzzTIFF(f *testing.F) { fuzz(f, "*.tiff", "tiff", codec.TIFF) }
func FuzzWebP(f *testing.F) { fuzz(f, "*.webp", "webp", codec.WebP) }
func FuzzPNM(f *testing.F)  { fuzz(f, "*.p[abgnp]m", "", codec.PNM) }

// fuzz runs both filters on mutations of files in testdata/in and, if it is
// there, in a folder of the shared corpus. If the input can be decoded, so can
// the result.
func fuzz(f *testing.F, pattern, folder string, format codec.Format) {
	files, err := filepath.Glob(filepath.Join("../testdata/in", pattern))
	if err != nil {
		f.Fatal(err)
	}
	malformed, _ := filepath.Glob(filepath.Join("../../shared/corpus/malformed", folder, "*"))
	for _, name := range append(files, malformed...) {
		if data, err := os.ReadFile(name); err == nil && len(data) < 3000 {
			f.Add(data)
		}
	}
	for _, header := range []string{"P1 2 2 ", "P2 2 2 9\n", "P3 1 2 999\n", "P4 9 2\n", "P5 2 2 9\n", "P6 1 2 999\n", "P7\nWIDTH 2\nHEIGHT 2\nDEPTH 2\nMAXVAL 9\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n"} {
		if format == codec.PNM {
			f.Add([]byte(header + "1 0 1 0 1 0 1 0"))
		}
	}
	l := codec.Limits{Pixels: 1 << 20, Memory: 64 << 20, Frames: 100}
	f.Fuzz(func(t *testing.T, data []byte) {
		if format == codec.PNG {
			data = withCRCs(data)
		}
		for _, filter := range []Filter{Gray{}, Scale{}} {
			var out bytes.Buffer
			if err := Run(&out, bytes.NewReader(data), filter, Options{Limits: l}); err != nil {
				continue
			}
			if _, err := codec.Decode(&out, codec.DecodeOptions{}); err != nil {
				// The scans of a progressive JPEG are copied without being decoded: if they are
				// bad in the input, they are bad in the result.
				if _, bad := codec.Decode(bytes.NewReader(data), codec.DecodeOptions{Limits: l}); bad == nil {
					t.Fatalf("%T made a result that cannot be decoded of an input that can: %v", filter, err)
				}
			}
		}
	})
}

// withCRCs corrects the CRC of every whole chunk of a PNG, so that the fuzzer gets
// past it.
func withCRCs(data []byte) []byte {
	data = bytes.Clone(data)
	for at := len("\x89PNG\r\n\x1a\n"); at+12 <= len(data); {
		n := int(binary.BigEndian.Uint32(data[at:]))
		if n > len(data)-at-12 {
			break
		}
		body := data[at+4 : at+8+n]
		binary.BigEndian.PutUint32(data[at+8+n:], crc32.ChecksumIEEE(body))
		at += 12 + n
	}
	return data
}
