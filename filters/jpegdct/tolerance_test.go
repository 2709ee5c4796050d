package jpegdct

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// tolerated are clean pictures of several kinds.
func tolerated(t *testing.T) map[string][]byte {
	files := map[string][]byte{"restart-row.jpg": read(t, "testdata/restart-row.jpg")}
	for _, name := range []string{
		"video-001.q50.420.jpeg", "video-001.q50.444.jpeg", "video-005.gray.q50.jpeg", "video-001.q50.420.progressive.jpeg",
		"video-005.gray.q50.progressive.jpeg", "video-001.restart2.jpeg", "video-001.cmyk.jpeg", "video-001.separate.dc.progression.jpeg",
	} {
		files[name] = read(t, filepath.Join(goTestdata, name))
	}
	p, err := decoded(files["video-005.gray.q50.jpeg"], 8)
	if err != nil {
		t.Fatal(err)
	}
	if files["gray, restart"], err = encoded(p, EncodeOptions{RestartInterval: 5}); err != nil {
		t.Fatal(err)
	}
	if p, err = decoded(files["video-001.cmyk.jpeg"], 8); err != nil {
		t.Fatal(err)
	}
	if files["CMYK, restart"], err = encoded(p, EncodeOptions{RestartInterval: 3}); err != nil {
		t.Fatal(err)
	}
	// Three scans of one component each.
	if p, err = decoded(files["video-001.q50.420.jpeg"], 8); err != nil {
		t.Fatal(err)
	}
	p.Planes[0].H, p.Planes[0].V = 4, 4
	p.Planes[1].H, p.Planes[1].V, p.Planes[2].H, p.Planes[2].V = 2, 2, 2, 2
	if files["three scans"], err = encoded(p, EncodeOptions{RestartInterval: 9}); err != nil {
		t.Fatal(err)
	}
	return files
}

// tolerantOperations are operations whose whole results are compared.
var tolerantOperations = map[string]func(*Reader) ([]byte, error){
	"gray": func(r *Reader) ([]byte, error) {
		var out bytes.Buffer
		err := r.Gray(&out, GrayOptions{})
		return out.Bytes(), err
	},
	"half": func(r *Reader) ([]byte, error) {
		var out bytes.Buffer
		err := r.Scale(&out, ScaleOptions{Denominator: 2})
		return out.Bytes(), err
	},
	"pixels": func(r *Reader) ([]byte, error) {
		p, err := r.Decode(DecodeOptions{})
		if err != nil {
			return nil, err
		}
		var pix []byte
		for _, plane := range p.Planes {
			pix = append(pix, tight(plane)...)
		}
		return pix, nil
	},
}

// do reads in with an operation. It also returns the breaches.
func do(in []byte, operation func(*Reader) ([]byte, error), strict bool) (out []byte, told []error, err error) {
	r, err := NewReader(bytes.NewReader(in), ReaderOptions{Tolerate: func(breach error) error {
		told = append(told, breach)
		if strict {
			return breach
		}
		return nil
	}})
	if err != nil {
		return nil, told, err
	}
	out, err = operation(r)
	return out, told, err
}

// TestBreaches: of a file that breaks the standard beside its coefficients comes the same
// as of the clean file, and the breach is told. If Tolerate refuses it, there is an error
// and no output that looks complete.
func TestBreaches(t *testing.T) {
	for name, clean := range tolerated(t) {
		m := mapJPEG(clean)
		for what, operation := range tolerantOperations {
			want, told, err := do(clean, operation, true)
			if errors.Is(err, ErrUnsupported) {
				continue // gray of CMYK
			}
			if err != nil {
				t.Fatalf("%s of %s: %v, breaches %v", what, name, err, told)
			}
			for kind, breach := range breaches {
				in := breach(clean, m)
				if bytes.Equal(in, clean) || kind == "bytes after a scan" && testing.Short() {
					continue
				}
				id := fmt.Sprintf("%s of %s, %s", what, name, kind)
				got, told, err := do(in, operation, false)
				copied := what == "gray" && clean[m.sof+1] == mSOF2
				switch {
				case err != nil:
					t.Errorf("%s: %v", id, err)
				case copied && !bytes.Equal(got, want):
					sameForDjpeg(t, id, got, want)
				case !bytes.Equal(got, want):
					t.Errorf("%s: %d bytes that differ from the %d of the clean file", id, len(got), len(want))
				case len(told) == 0 && !copied:
					t.Errorf("%s: no breach was told", id)
				}
				got, _, err = do(in, operation, true)
				if err == nil && !copied {
					t.Errorf("%s: no error although Tolerate refuses the breach", id)
				}
				if err != nil && what != "pixels" && looksWhole(got) {
					t.Errorf("%s: error %v, but the output looks complete", id, err)
				}
			}
		}
	}
}

// sameForDjpeg checks that djpeg, if it is installed, decodes both files to the same pixels.
func sameForDjpeg(t *testing.T, id string, got, want []byte) {
	t.Helper()
	if _, err := exec.LookPath("djpeg"); err != nil {
		t.Log("djpeg is not installed: some results are not compared")
		return
	}
	a, _ := run(got, "djpeg", "-pnm")
	b, err := run(want, "djpeg", "-pnm")
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("%s: djpeg decodes other pixels than of the clean file (%v)", id, err)
	}
}

// TestBreachesAsDjpeg: djpeg decodes the same pixels with each breach as without, so
// that a breach is what it says.
func TestBreachesAsDjpeg(t *testing.T) {
	tool(t, "djpeg")
	for name, clean := range tolerated(t) {
		if name == "restart-row.jpg" {
			continue // large
		}
		m := mapJPEG(clean)
		for kind, breach := range breaches {
			if kind == "one identifier" && len(m.scans) > 1 {
				continue // djpeg takes all scans for the first component's
			}
			if in := breach(clean, m); !bytes.Equal(in, clean) {
				sameForDjpeg(t, fmt.Sprintf("%s, %s", name, kind), in, clean)
			}
		}
	}
}

// TestBeyondTheHeight: MCU rows beyond the height of the frame header are not of the
// picture.
func TestBeyondTheHeight(t *testing.T) {
	for name, clean := range tolerated(t) {
		m := mapJPEG(clean)
		whole, err := decoded(clean, 8)
		if err != nil {
			t.Fatal(err)
		}
		if clean[m.sof+1] == mSOF2 || name == "three scans" {
			continue // restart markers in each scan
		}
		height := whole.Height - 20
		in := withHeight(clean, m, height)
		got, err := decoded(in, 8)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, p := range got.Planes {
			if !bytes.Equal(tight(p), tight(whole.Planes[i])[:p.Width*p.Height]) {
				t.Errorf("%s: plane %d differs from the one of the whole picture", name, i)
			}
		}
		if whole.ColorSpace == CMYK {
			continue
		}
		out, err := gray(in)
		if err != nil {
			t.Errorf("%s: gray: %v", name, err)
			continue
		}
		_, told, err := do(out, tolerantOperations["pixels"], true)
		if err != nil {
			t.Errorf("%s: gray is not clean: %v", name, told)
			continue
		}
		luma, err := decoded(out, 8)
		if err != nil || luma.Height != height || !bytes.Equal(tight(luma.Planes[0]), tight(got.Planes[0])) {
			t.Errorf("%s: gray has other samples (%v)", name, err)
		}
	}
}

// TestHeightFromDNL: a height of 0 is that of the DNL segment after the first scan, which
// the standard allows.
func TestHeightFromDNL(t *testing.T) {
	for name, clean := range tolerated(t) {
		m := mapJPEG(clean)
		height := int(be16(clean[m.sof+5:]))
		in := insert(withHeight(clean, m, 0), m.ends[:1], dnl(height)...)
		r, err := NewReader(bytes.NewReader(in), ReaderOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r.Header().Height != height {
			t.Errorf("%s: height %d, want %d", name, r.Header().Height, height)
		}
		if again, err := r.Replay(); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if all, err := io.ReadAll(again); err != nil || !bytes.Equal(all, in) {
			t.Errorf("%s: Replay returned %d bytes, want %d (%v)", name, len(all), len(in), err)
		}
		for what, operation := range tolerantOperations {
			want, _, cleanErr := do(clean, operation, true)
			got, _, err := do(in, operation, true)
			if !bytes.Equal(got, want) || (err == nil) != (cleanErr == nil) {
				t.Errorf("%s of %s: the result differs from the one of the clean file (%v)", what, name, err)
			}
		}
	}
}

// TestMissingPixels: what lacks coefficients, or may lack them, is an error.
func TestMissingPixels(t *testing.T) {
	for name, clean := range tolerated(t) {
		m := mapJPEG(clean)
		height := int(be16(clean[m.sof+5:]))
		lastEnd := m.ends[len(m.ends)-1]
		broken := map[string][]byte{
			"3 bytes before EOI are missing":     slices.Concat(clean[:lastEnd-3], clean[lastEnd:]),
			"an MCU row is missing":              withHeight(clean, m, height+33),
			"DNL for a larger height":            insert(withHeight(clean, m, 0), m.ends[:1], dnl(height+33)...),
			"height 0 and no DNL":                withHeight(clean, m, 0),
			"height 0 and DNL without its value": insert(withHeight(clean, m, 0), m.ends[:1], 0xFF, mDNL, 0, 2),
		}
		if len(m.restarts) > 1 {
			one, two := m.restarts[0], m.restarts[1]
			broken["an interval is missing"] = slices.Concat(clean[:one], clean[two:])
			broken["an interval is empty"] = slices.Concat(clean[:one+2], clean[two:])
			broken["an RST is missing"] = slices.Concat(clean[:one], clean[one+2:])
			broken["RST is 1 too high"] = renumbered(clean, m, 1)
			broken["RST is 2 too high"] = renumbered(clean, m, 2)
			broken["RST is 1 too low"] = renumbered(clean, m, 7)
			broken["RST is 2 too low"] = renumbered(clean, m, 6)
		}
		if name == "three scans" {
			broken["the last scan is missing"] = slices.Concat(clean[:m.segments[len(m.segments)-1]], clean[lastEnd:])
		}
		for kind, in := range broken {
			for what, operation := range tolerantOperations {
				copied := what == "gray" && clean[m.sof+1] == mSOF2
				dropped := what == "gray" && kind == "the last scan is missing"
				out, _, err := do(in, operation, false)
				if err == nil && !copied && !dropped {
					t.Errorf("%s of %s, %s: no error", what, name, kind)
				}
				if err != nil && what != "pixels" && looksWhole(out) {
					t.Errorf("%s of %s, %s: error %v, but the output looks complete", what, name, kind, err)
				}
			}
		}
	}
}

// TestZerosInQuantTables: a coefficient whose element is 0 is 0, as in libjpeg, and can be
// nonzero in the result of Scale and Encode, whose tables have no zeros.
func TestZerosInQuantTables(t *testing.T) {
	clean := read(t, filepath.Join(goTestdata, "video-001.q50.420.jpeg"))
	in := edited(clean, func(data []byte) {
		at := bytes.Index(data, []byte{0xFF, mDQT})
		for k := 2; k < 64; k += 3 {
			data[at+5+k] = 0
		}
	})
	p, err := decoded(in, 8)
	if err != nil {
		t.Fatal(err)
	}
	for what, out := range map[string][]byte{"half": must(scaled(in, 2, 0)), "pixels": must(encoded(p, EncodeOptions{}))} {
		if _, told, err := do(out, tolerantOperations["pixels"], true); err != nil {
			t.Errorf("%s: the result is not clean: %v", what, told)
		}
	}
	tool(t, "djpeg")
	want, err := djpeg(t, in, "-grayscale")
	if err != nil {
		t.Fatal(err)
	}
	if d := maxDiff(tight(p.Planes[0]), want.pix); d > 1 {
		t.Errorf("luma differs from djpeg's by up to %d", d)
	}
	if got, err := djpeg(t, must(gray(in))); err != nil || !bytes.Equal(got.pix, want.pix) {
		t.Errorf("gray differs from djpeg's luma (%v)", err)
	}
}

// must returns data, and panics if there is an error.
func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}

// TestTwoComponents: of two components the first is gray.
func TestTwoComponents(t *testing.T) {
	p, err := decoded(read(t, filepath.Join(goTestdata, "video-001.q50.444.jpeg")), 8)
	if err != nil {
		t.Fatal(err)
	}
	p.Planes, p.ColorSpace = p.Planes[:2], UnknownColor
	in, err := encoded(p, EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	out, told, err := do(in, tolerantOperations["gray"], false)
	if err != nil || len(told) != 1 || !errors.Is(told[0], ErrTwoComponents) {
		t.Fatalf("error %v, breaches %v, want %v", err, told, ErrTwoComponents)
	}
	want, err := decoded(in, 8)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decoded(out, 8)
	if err != nil || got.ColorSpace != Gray || !bytes.Equal(tight(got.Planes[0]), tight(want.Planes[0])) {
		t.Errorf("the gray picture is not the first component (%v)", err)
	}
	if _, _, err := do(in, tolerantOperations["gray"], true); !errors.Is(err, ErrUnsupported) {
		t.Errorf("Tolerate refuses: error %v, want %v", err, ErrUnsupported)
	}
}
