package jpegdct

import (
	"bytes"
	"errors"
	"image/jpeg"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
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

// TestManyScans: a file of 0.7 MB with hundreds of scans over a large picture is refused
// before the scans are decoded. The same scans of a small picture are read.
func TestManyScans(t *testing.T) {
	for _, c := range []struct {
		side, scans int
		want        error
	}{
		{16383, 32, nil},
		{16383, 33, ErrCorrupt},
		{16383, 500, ErrCorrupt},
		{1600, 500, nil},
		{1600, 501, ErrCorrupt},
	} {
		r, err := NewReader(bytes.NewReader(manyScans(c.side, c.scans)), ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.readScans(allowance(nil)); !errors.Is(err, c.want) {
			t.Errorf("%d scans of %d x %d pixels: error %v, want %v", c.scans, c.side, c.side, err, c.want)
		}
	}
	in := manyScans(1600, 500)
	if _, err := decoded(in, 8); err != nil {
		t.Error(err)
	}
}

// manyScans returns a progressive JPEG of gray in so many scans: one of DC, then scans of
// one AC coefficient and one bit, without a nonzero coefficient.
func manyScans(side, scans int) []byte {
	var out bytes.Buffer
	o := newOutput(&out, 1<<10)
	o.writeMarker(mSOI)
	o.writeDQT(0, StandardQuant(false, 100)) // each element is 1
	o.writeSOF(mSOF2, side, side, []Component{{ID: 1, H: 1, V: 1}})
	one := []byte{0: 1, 15: 0} // a code of 1 bit
	const run = 14             // EOBn of 2^n blocks and more
	zero, eob := mustHuffman(one, 0), mustHuffman(one, run<<4)
	o.writeDHT(0, 0, zero)
	o.writeDHT(1, 0, eob)
	blocks := ceilDiv(side, 8) * ceilDiv(side, 8)
	o.writeSOS(0, 0, 0, 0, scanEntry{id: 1})
	for range blocks {
		o.writeBits(0, 1)
	}
	o.align()
	for n := 1; n < scans; n++ {
		k, al := 1+(n-1)%63, 13-(n-1)/63
		ah := al + 1
		if al == 13 {
			ah = 0
		}
		o.writeSOS(k, k, ah, al, scanEntry{id: 1})
		for left, runs := blocks, ceilDiv(blocks, 2<<run-1); runs > 0; runs-- {
			n := left / runs
			o.writeBits(uint64(n-1<<run), 1+run)
			left -= n
		}
		o.align()
	}
	o.writeMarker(mEOI)
	_ = o.flush() // to memory
	return out.Bytes()
}

// TestRefinements: arithmetic-coded scans that refine many coefficients, with next to no data,
// are corrupt if they refine more than they may.
func TestRefinements(t *testing.T) {
	r, err := NewReader(bytes.NewReader(refinements(64, 10)), ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	scans, err := r.readScans(allowance(nil))
	if err != nil {
		t.Fatal(err)
	}
	decode := func(refinable int64) (left int64, err error) {
		place := naturalPlaces(8)
		planes := newCoefPlanes(&r.frame, []bool{true}, &place)
		var counter atomic.Int64
		counter.Store(refinable)
		for _, sc := range scans {
			if err = sc.decodeArithmetic(planes, &counter); err != nil {
				break
			}
		}
		return counter.Load(), err
	}
	left, err := decode(maxRefined)
	if err != nil {
		t.Fatal(err)
	}
	refined := maxRefined - left
	if want := int64(1000); refined < want {
		t.Fatalf("%d coefficients were refined, want %d or more", refined, want)
	}
	if left, err := decode(refined); err != nil || left != 0 {
		t.Errorf("with as many coefficients as are refined: %d left and error %v, want 0 and no error", left, err)
	}
	if _, err := decode(refined - 1); !errors.Is(err, ErrCorrupt) {
		t.Errorf("with one less: error %v, want %v", err, ErrCorrupt)
	}
}

// refinements returns an arithmetic-coded progressive JPEG of gray: a scan of DC, one of AC,
// and as many that refine it as bits. Each has 8 bytes.
func refinements(side, bits int) []byte {
	var out bytes.Buffer
	o := newOutput(&out, 1<<10)
	o.writeMarker(mSOI)
	o.writeDQT(0, StandardQuant(false, 50))
	o.writeSOF(0xCA, side, side, []Component{{ID: 1, H: 1, V: 1}})
	scan := func(ss, se, ah, al int, data uint64) {
		o.writeSOS(ss, se, ah, al, scanEntry{id: 1})
		for range 8 {
			o.writeBits(data, 8)
		}
		o.align()
	}
	scan(0, 0, 0, 0, 0)
	scan(1, 63, 0, bits, 0x12)
	for al := bits - 1; al >= 0; al-- {
		scan(1, 63, al+1, al, 0)
	}
	o.writeMarker(mEOI)
	_ = o.flush() // to memory
	return out.Bytes()
}

// mustHuffman makes a valid table.
func mustHuffman(counts []byte, values ...byte) *huffman {
	h, err := newHuffman(counts, values)
	if err != nil {
		panic(err)
	}
	return h
}

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
