package jpegdct

import (
	"bytes"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"imgpipe/filters/internal/imagetest"
)

// operations are the operations that are tested with hostile inputs.
var operations = map[string]func([]byte) ([]byte, error){
	"gray":    gray,
	"half":    func(in []byte) ([]byte, error) { return scaled(in, 2, 0) },
	"quarter": func(in []byte) ([]byte, error) { return scaled(in, 4, 0) },
	"eighth":  func(in []byte) ([]byte, error) { return scaled(in, 8, 50) },
	"decode": func(in []byte) ([]byte, error) {
		_, err := decoded(in, 8)
		return nil, err
	},
	"3/8": func(in []byte) ([]byte, error) {
		_, err := decoded(in, 3)
		return nil, err
	},
}

// TestTruncations: with a prefix of a small file, the output is that of the whole file,
// or there is an error and the output does not look complete.
func TestTruncations(t *testing.T) {
	files := []string{
		"testdata/9x17.jpg",
		filepath.Join(goTestdata, "video-001.q50.420.jpeg"),
		filepath.Join(goTestdata, "video-001.q50.420.progressive.jpeg"),
		filepath.Join(goTestdata, "video-005.gray.q50.jpeg"),
		filepath.Join(goTestdata, "video-001.restart2.jpeg"),
	}
	for i, name := range files {
		data := read(t, name)
		step := 1
		if testing.Short() && i > 0 {
			step = 61
		}
		for what, do := range operations {
			whole, err := do(data)
			if err != nil {
				t.Fatalf("%s of %s: %v", what, name, err)
			}
			for n := 0; n < len(data); n += step {
				out, err := do(data[:n])
				switch {
				case err == nil && n < len(data)-2:
					t.Errorf("%s of %s: no error with %d bytes of %d", what, name, n, len(data))
				case err == nil && !bytes.Equal(out, whole):
					t.Errorf("%s of %s: with %d bytes of %d the output differs", what, name, n, len(data))
				case err != nil && n >= len(data)-2:
					t.Errorf("%s of %s: only EOI is missing, got error %v", what, name, err)
				case err != nil && looksWhole(out):
					t.Errorf("%s of %s: with %d bytes of %d: error %v, but the output looks complete", what, name, n, len(data), err)
				}
			}
		}
	}
}

// looksWhole reports whether image/jpeg or this package decodes out without an error.
func looksWhole(out []byte) bool {
	if len(out) == 0 {
		return false
	}
	if _, err := jpeg.Decode(bytes.NewReader(out)); err == nil {
		return true
	}
	if _, err := gray(out); err == nil {
		return true
	}
	_, err := decoded(out, 8)
	return err == nil
}

// TestOutputIsHeldBack: if the input is damaged at its very end, the output that was
// written before the error does not look complete, not even with an EOI marker.
func TestOutputIsHeldBack(t *testing.T) {
	for _, name := range []string{"base-2x2.jpg", "prog-2x2.jpg", "gray.jpg", "gray-prog.jpg", "restart1.jpg", "base-1x1.jpg"} {
		data := variant(t, name)
		// EOI and the last 3 bytes of the data are missing.
		broken := data[:len(data)-5]
		for what, do := range operations {
			out, err := do(broken)
			if err == nil {
				t.Fatalf("%s of %s: no error", what, name)
			}
			if looksWhole(out) || len(out) > 0 && looksWhole(append(out, 0xFF, mEOI)) {
				t.Errorf("%s of %s: error %v, but the output looks complete", what, name, err)
			}
		}
	}
}

// TestMalformed: files that fuzzers found cause no panic and take no more than 2 s, and
// if djpeg reports an error or a warning, there is an error. Exceptions are the
// harmless warnings and the damage that onlyDropped describes.
func TestMalformed(t *testing.T) {
	names, _ := filepath.Glob(filepath.Join(shared, "corpus/malformed/jpeg/*"))
	if len(names) == 0 {
		t.Skipf("%s not found", filepath.Join(shared, "corpus/malformed/jpeg"))
	}
	_, noDjpeg := exec.LookPath("djpeg")
	accepted := map[string]int{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		complaint := error(nil)
		if noDjpeg == nil {
			_, complaint = run(data, "djpeg", "-maxmemory", "200m", "-outfile", os.DevNull)
		}
		for what, do := range operations {
			start := imagetest.CPUTime(t)
			out, err := do(data)
			if took := imagetest.CPUTime(t) - start; took > 10*time.Second {
				t.Errorf("%s of %s took %v, want at most 10s", what, name, took)
			}
			if err == nil {
				accepted[what]++
				if complaint != nil && !harmless(complaint) && !onlyDropped(data, out) {
					t.Errorf("%s of %s: no error, but djpeg reports: %v", what, filepath.Base(name), complaint)
				}
			} else if looksWhole(out) {
				t.Errorf("%s of %s: error %v, but the output looks complete", what, filepath.Base(name), err)
			}
		}
	}
	t.Logf("accepted, of %d: %v", len(names), accepted)
}

// onlyDropped reports whether the damage may be in scans of a progressive file that
// were dropped, or copied without being decoded (see the package comment).
func onlyDropped(in, out []byte) bool {
	r, err := NewReader(bytes.NewReader(in), ReaderOptions{})
	return err == nil && r.Header().Process == Progressive && len(out) > 0
}

// harmless reports whether djpeg only warned, and the file has all its pixels.
func harmless(complaint error) bool {
	for _, text := range []string{"Premature end of JPEG file", "Unsupported color conversion", "Unknown Adobe color transform", "quantization tables are too coarse",
		"extraneous bytes before marker", "Invalid SOS parameters for sequential JPEG"} {
		if bytes.Contains([]byte(complaint.Error()), []byte(text)) {
			return true
		}
	}
	return false
}

// TestCorrupted: changed bytes in good files cause no panic, and no output that looks
// complete after an error.
func TestCorrupted(t *testing.T) {
	for _, name := range []string{"video-001.q50.420.jpeg", "video-001.q50.420.progressive.jpeg", "video-001.restart2.jpeg", "video-001.221212.jpeg", "video-001.cmyk.jpeg"} {
		good := read(t, filepath.Join(goTestdata, name))
		seed := uint32(7)
		next := func(n int) int { seed = seed*1664525 + 1013904223; return int(seed>>8) % n }
		rounds := 300
		if testing.Short() {
			rounds = 30
		}
		for range rounds {
			bad := append([]byte(nil), good...)
			for range 1 + next(4) {
				bad[next(len(bad))] = byte(next(256))
			}
			for what, do := range operations {
				if out, err := do(bad); err != nil && looksWhole(out) {
					t.Errorf("%s of a corrupted %s: error %v, but the output looks complete", what, name, err)
				}
			}
		}
	}
}
