package jpegdct

import (
	"bytes"
	"io"
	"path/filepath"
	"testing"
)

// seeds adds small pictures to the corpus of a fuzz test.
func seeds(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.jpg")
	more, _ := filepath.Glob(filepath.Join(goTestdata, "*q50*.jpeg"))
	for _, name := range append(append(names, more...), filepath.Join(goTestdata, "video-001.restart2.jpeg"), filepath.Join(goTestdata, "video-001.221212.jpeg")) {
		f.Add(read(f, name))
	}
}

// small reports whether the picture is small enough for fast fuzzing.
func small(in []byte) bool {
	r, err := NewReader(bytes.NewReader(in), ReaderOptions{})
	return err == nil && r.Header().Width*r.Header().Height <= 1<<16
}

func FuzzReader(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := NewReader(bytes.NewReader(in), ReaderOptions{})
		if err != nil {
			return
		}
		again, err := r.Replay()
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(again); !bytes.Equal(got, in) {
			t.Fatalf("Replay returned %d bytes that differ from the %d of the input", len(got), len(in))
		}
		if small(in) {
			if p, err := decoded(in, 8); err == nil && p.ColorSpace != UnknownColor {
				if out, err := encoded(p, EncodeOptions{Optimise: true}); err != nil {
					t.Fatalf("encoding the decoded planes: %v", err)
				} else if _, err := decoded(out, 5); err != nil {
					t.Fatalf("decoding the encoded planes: %v", err)
				}
			}
		}
	})
}

func FuzzGray(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		if !small(in) {
			return
		}
		out, err := gray(in)
		if err != nil {
			if looksWhole(out) {
				t.Fatalf("error %v, but the output looks complete", err)
			}
			return
		}
		again, err := gray(out)
		if err != nil {
			t.Fatalf("gray of its own output: %v", err)
		}
		if twice, err := gray(again); err != nil || !bytes.Equal(again, twice) {
			t.Fatalf("gray of a gray picture changes its bytes, error %v", err)
		}
	})
}

func FuzzScale(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		if !small(in) {
			return
		}
		for _, n := range []int{2, 4, 8} {
			out, err := scaled(in, n, 0)
			if err != nil {
				if looksWhole(out) {
					t.Fatalf("by 1/%d: error %v, but the output looks complete", n, err)
				}
				continue
			}
			if _, err := decoded(out, 8); err != nil {
				t.Fatalf("by 1/%d: decoding the output: %v", n, err)
			}
		}
	})
}
