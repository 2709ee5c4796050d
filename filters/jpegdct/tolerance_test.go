package jpegdct

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// A jpegMap says where the markers of a JPEG are.
type jpegMap struct {
	segments []int // DQT, SOF, APPn and so on, and SOS
	scans    []int // where the data of scans begin
	restarts []int
	ends     []int // the marker after each scan's data
	sof      int
}

// mapJPEG finds the markers of a whole, valid JPEG.
func mapJPEG(data []byte) (m jpegMap) {
	for at := 2; data[at+1] != mEOI; {
		m.segments = append(m.segments, at)
		if isSOF(data[at+1]) {
			m.sof = at
		}
		sos := data[at+1] == mSOS
		if at += 2 + int(be16(data[at+2:])); !sos {
			continue
		}
		m.scans = append(m.scans, at)
		i, marker := nextMarker(data, at)
		for ; isRestart(marker); i, marker = nextMarker(data, i+2) {
			m.restarts = append(m.restarts, i)
		}
		at = i
		m.ends = append(m.ends, at)
	}
	return m
}

// insert returns data with what before each offset in at.
func insert(data []byte, at []int, what ...byte) []byte {
	var out []byte
	last := 0
	for _, i := range at {
		out = append(append(out, data[last:i]...), what...)
		last = i
	}
	return append(out, data[last:]...)
}

// edited returns a copy of data that edit has changed.
func edited(data []byte, edit func(data []byte)) []byte {
	data = bytes.Clone(data)
	edit(data)
	return data
}

// renumbered returns data whose restart markers have by added to their numbers.
func renumbered(data []byte, m jpegMap, by byte) []byte {
	return edited(data, func(data []byte) {
		for _, at := range m.restarts {
			data[at+1] = mRST0 + (data[at+1]+by)&7
		}
	})
}

// dnl returns a DNL segment.
func dnl(height int) []byte { return []byte{0xFF, mDNL, 0, 4, byte(height >> 8), byte(height)} }

// withHeight returns data whose frame header says another height.
func withHeight(data []byte, m jpegMap, height int) []byte {
	return edited(data, func(data []byte) { binary.BigEndian.PutUint16(data[m.sof+5:], uint16(height)) })
}

// breaches break the standard beside the coefficients: what is read is the same as
// without the breach. A breach that the data have no place for returns them unchanged.
var breaches = map[string]func(data []byte, m jpegMap) []byte{
	"a byte before RST": func(d []byte, m jpegMap) []byte { return insert(d, m.restarts, 0x5A) },
	"bytes before RST":  func(d []byte, m jpegMap) []byte { return insert(d, m.restarts, 0, 1, 2) },
	"FF00 before RST":   func(d []byte, m jpegMap) []byte { return insert(d, m.restarts, 0xFF, 0, 0xFF, 0) },
	"bytes before one RST": func(d []byte, m jpegMap) []byte {
		return insert(d, m.restarts[len(m.restarts)/2:][:min(1, len(m.restarts))], 7, 7)
	},
	"a byte after a scan":              func(d []byte, m jpegMap) []byte { return insert(d, m.ends, 0xFE) },
	"bytes after a scan":               func(d []byte, m jpegMap) []byte { return insert(d, m.ends, make([]byte, 70000)...) },
	"a last RST":                       func(d []byte, m jpegMap) []byte { return insert(d, m.ends, 0xFF, mRST0+byte(len(m.restarts)&7)) },
	"a last RST out of order":          func(d []byte, m jpegMap) []byte { return insert(d, m.ends, 0xFF, mRST0+byte((len(m.restarts)+1)&7)) },
	"intervals after a scan":           func(d []byte, m jpegMap) []byte { return insert(d, m.ends, 0xFF, mRST0, 1, 2, 3, 0xFF, mRST0+1, 4) },
	"RST is 3 too high":                func(d []byte, m jpegMap) []byte { return renumbered(d, m, 3) },
	"RST is 4 too high":                func(d []byte, m jpegMap) []byte { return renumbered(d, m, 4) },
	"RST is 5 too high":                func(d []byte, m jpegMap) []byte { return renumbered(d, m, 5) },
	"bytes between segments":           func(d []byte, m jpegMap) []byte { return insert(d, m.segments, 0, 0x41, 0xFF, 0) },
	"bytes after SOI":                  func(d []byte, m jpegMap) []byte { return insert(d, m.segments[:1], make([]byte, 600)...) },
	"RST between segments":             func(d []byte, m jpegMap) []byte { return insert(d, m.segments, 0xFF, mRST7) },
	"a segment of length 0":            func(d []byte, m jpegMap) []byte { return insert(d, m.segments, 0xFF, COM, 0, 0) },
	"a segment of length 1":            func(d []byte, m jpegMap) []byte { return insert(d, m.segments, 0xFF, APP0, 0, 1) },
	"DNL for a known height":           func(d []byte, m jpegMap) []byte { return insert(d, m.ends[:1], dnl(int(be16(d[m.sof+5:])))...) },
	"DNL for another height":           func(d []byte, m jpegMap) []byte { return insert(d, m.ends[:1], dnl(3)...) },
	"Ss, Se, Ah and Al of 0":           func(d []byte, m jpegMap) []byte { return withBand(d, m, 0, 0, 0) },
	"Ss, Se, Ah and Al without reason": func(d []byte, m jpegMap) []byte { return withBand(d, m, 5, 99, 0xA7) },
	"one identifier":                   withOneID,
}

// withBand sets the last three bytes of each scan header in a sequential frame.
func withBand(data []byte, m jpegMap, tail ...byte) []byte {
	if data[m.sof+1] == mSOF2 {
		return data
	}
	return edited(data, func(data []byte) {
		for _, at := range m.scans {
			copy(data[at-3:], tail)
		}
	})
}

// withOneID gives all components of a sequential frame, numbered from 1, the identifier 1.
func withOneID(data []byte, m jpegMap) []byte {
	if data[m.sof+1] == mSOF2 || data[m.sof+9] == 1 || data[m.sof+10] != 1 {
		return data
	}
	return edited(data, func(data []byte) {
		for i := range int(data[m.sof+9]) {
			data[m.sof+10+3*i] = 1
		}
		for _, at := range m.segments {
			if data[at+1] == mSOS {
				for i := range int(data[at+4]) {
					data[at+5+2*i] = 1
				}
			}
		}
	})
}

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
