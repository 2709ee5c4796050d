package jpegdct

import (
	"bytes"
	"image/jpeg"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// operations are what a hostile input goes through.
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

// TestTruncations feeds every prefix of small files: the result is the whole
// one, or an error and something that nobody takes for whole.
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
					t.Errorf("%s of %s: another output with %d bytes of %d", what, name, n, len(data))
				case err != nil && n >= len(data)-2:
					t.Errorf("%s of %s: only EOI is missing, but: %v", what, name, err)
				case err != nil && looksWhole(out):
					t.Errorf("%s of %s: with %d bytes of %d the output looks whole, the error was: %v", what, name, n, len(data), err)
				}
			}
		}
	}
}

// looksWhole says whether any decoder at hand takes out without complaint.
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

// TestOutputIsHeldBack: whatever part of an output reaches the next program,
// that one sees that it is not whole. So the end is held back.
func TestOutputIsHeldBack(t *testing.T) {
	for _, name := range []string{"base-2x2.jpg", "prog-2x2.jpg", "gray.jpg", "gray-prog.jpg", "restart1.jpg", "base-1x1.jpg"} {
		data := variant(t, name)
		// Without its last bytes the file is broken only at its very end.
		broken := data[:len(data)-5]
		for what, do := range operations {
			out, err := do(broken)
			if err == nil {
				t.Fatalf("%s of %s: no error", what, name)
			}
			if looksWhole(out) || len(out) > 0 && looksWhole(append(out, 0xFF, mEOI)) {
				t.Errorf("%s of %s: what was written before the error looks whole", what, name)
			}
		}
	}
}

// TestMalformed goes through fuzzers' finds: no panic, no hang, and nothing
// without an error that djpeg complains of, but for what stands here.
func TestMalformed(t *testing.T) {
	names, _ := filepath.Glob(filepath.Join(shared, "corpus/malformed/jpeg/*"))
	if len(names) == 0 {
		t.Skipf("%s is not here", filepath.Join(shared, "corpus/malformed/jpeg"))
	}
	_, noDjpeg := exec.LookPath("djpeg")
	taken := map[string]int{}
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
			start := cpuTime(t)
			out, err := do(data)
			if took := cpuTime(t) - start; took > 2*time.Second {
				t.Errorf("%s of %s took %v", what, name, took)
			}
			if err == nil {
				taken[what]++
				if complaint != nil && !harmless(complaint) && !onlyDropped(data, out) {
					t.Errorf("%s of %s: no error, but djpeg says: %v", what, filepath.Base(name), complaint)
				}
			} else if looksWhole(out) {
				t.Errorf("%s of %s: error %v, but the output looks whole", what, filepath.Base(name), err)
			}
		}
	}
	t.Logf("taken without error, of %d: %v", len(names), taken)
}

// cpuTime is what this process has had of the processors: other processes may
// have had more.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// onlyDropped says that the fault may be in scans of a progressive file that
// were dropped or copied without being decoded (see the package's comment).
// What was copied makes djpeg complain of the output as well.
func onlyDropped(in, out []byte) bool {
	r, err := NewReader(bytes.NewReader(in))
	return err == nil && r.Header().Process == Progressive && len(out) > 0
}

// harmless are djpeg's complaints of files that are whole all the same.
func harmless(complaint error) bool {
	for _, text := range []string{"Premature end of JPEG file", "Unsupported color conversion", "Unknown Adobe color transform", "quantization tables are too coarse"} {
		if bytes.Contains([]byte(complaint.Error()), []byte(text)) {
			return true
		}
	}
	return false
}

// TestCorrupted flips bytes in good files: no panic, and no index out of range.
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
					t.Errorf("%s of a corrupted %s: error %v, but the output looks whole", what, name, err)
				}
			}
		}
	}
}

func seeds(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.jpg")
	more, _ := filepath.Glob(filepath.Join(goTestdata, "*q50*.jpeg"))
	for _, name := range append(append(names, more...), filepath.Join(goTestdata, "video-001.restart2.jpeg"), filepath.Join(goTestdata, "video-001.221212.jpeg")) {
		f.Add(read(f, name))
	}
}

// small says whether the picture is small enough to be fuzzed at speed.
func small(in []byte) bool {
	r, err := NewReader(bytes.NewReader(in))
	return err == nil && r.Header().Width*r.Header().Height <= 1<<16
}

func FuzzReader(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := NewReader(bytes.NewReader(in))
		if err != nil {
			return
		}
		again, err := r.Replay()
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(again); !bytes.Equal(got, in) {
			t.Fatalf("%d bytes of %d came again", len(got), len(in))
		}
		if small(in) {
			if p, err := decoded(in, 8); err == nil && p.ColorSpace != UnknownColor {
				if out, err := encoded(p, EncodeOptions{Optimise: true}); err != nil {
					t.Fatalf("decoded, but not encoded again: %v", err)
				} else if _, err := decoded(out, 5); err != nil {
					t.Fatalf("encoded, but not decoded again: %v", err)
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
				t.Fatalf("error %v, but the output looks whole", err)
			}
			return
		}
		again, err := gray(out)
		if err != nil {
			t.Fatalf("gray refuses its own output: %v", err)
		}
		if twice, err := gray(again); err != nil || !bytes.Equal(again, twice) {
			t.Fatalf("gray of gray changes, error %v", err)
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
					t.Fatalf("by 1/%d: error %v, but the output looks whole", n, err)
				}
				continue
			}
			if _, err := decoded(out, 8); err != nil {
				t.Fatalf("by 1/%d: the output can't be decoded: %v", n, err)
			}
		}
	})
}
