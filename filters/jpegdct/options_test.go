package jpegdct

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// TestSegments: the segments in the options are written, JFIF keeps its density, and
// an Adobe segment is written only if the colour space needs one.
func TestSegments(t *testing.T) {
	p, err := decoded(read(t, "testdata/9x17.jpg"), 8)
	if err != nil {
		t.Fatal(err)
	}
	density := &JFIF{Major: 1, Minor: 2, Units: 2, Xdensity: 118, Ydensity: 59}
	note := Segment{COM, []byte("a note")}
	foreign := Segment{APP14, []byte("Adobe\x00\x64\x00\x00\x00\x00\x01")}
	source, err := encoded(p, EncodeOptions{JFIF: density, Segments: []Segment{note, foreign}})
	if err != nil {
		t.Fatal(err)
	}
	for what, do := range map[string]func(*Reader, io.Writer) error{
		"gray": func(r *Reader, w io.Writer) error {
			return r.Gray(w, GrayOptions{Segments: append(r.Header().Segments, foreign)})
		},
		"half": func(r *Reader, w io.Writer) error {
			return r.Scale(w, ScaleOptions{Denominator: 2, Segments: append(r.Header().Segments, foreign)})
		},
	} {
		out, err := transform(source, do)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		r, err := NewReader(bytes.NewReader(out), ReaderOptions{})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		h := r.Header()
		if h.JFIF == nil || *h.JFIF != *density {
			t.Errorf("%s: JFIF is %+v, want %+v", what, h.JFIF, density)
		}
		if h.Adobe {
			t.Errorf("%s: there is an Adobe segment", what)
		}
		if len(h.Segments) != 2 || h.Segments[1].Marker != COM || !bytes.Equal(h.Segments[1].Data, note.Data) {
			t.Errorf("%s: segments are %v, want JFIF and %v", what, h.Segments, note)
		}
	}
}

// TestScaleKeepsAdobe: Scale keeps the Adobe segment, and with it the colour space.
func TestScaleKeepsAdobe(t *testing.T) {
	for _, name := range []string{"cmyk-adobe.jpg", "cmyk-im-sub.jpg", "rgb.jpg"} {
		data := variant(t, name)
		in, err := NewReader(bytes.NewReader(data), ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		out, err := scaled(data, 2, 0)
		if err != nil {
			t.Fatal(err)
		}
		r, err := NewReader(bytes.NewReader(out), ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got, want := r.Header(), in.Header()
		if got.ColorSpace != want.ColorSpace || got.Adobe != want.Adobe || got.AdobeTransform != want.AdobeTransform {
			t.Errorf("%s: %v, Adobe %v %d; want %v, Adobe %v %d", name,
				got.ColorSpace, got.Adobe, got.AdobeTransform, want.ColorSpace, want.Adobe, want.AdobeTransform)
		}
	}
}

// TestAllow: if Allow returns an error, this error is returned, and nothing is written.
func TestAllow(t *testing.T) {
	never := func(int64) error { return errTooMuch }
	progressive := variant(t, "prog-2x2.jpg")
	for what, do := range map[string]func(*Reader, io.Writer) error{
		"gray": func(r *Reader, w io.Writer) error { return r.Gray(w, GrayOptions{Allow: never}) },
		"half": func(r *Reader, w io.Writer) error {
			return r.Scale(w, ScaleOptions{Denominator: 2, Allow: never})
		},
		"decode": func(r *Reader, _ io.Writer) error { _, err := r.Decode(DecodeOptions{Allow: never}); return err },
	} {
		// The half reader makes the buffer grow in steps.
		r, err := NewReader(iotest.HalfReader(bytes.NewReader(progressive)), ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := do(r, &out); !errors.Is(err, errTooMuch) || out.Len() > 0 {
			t.Errorf("%s: got error %v and %d bytes, want %v and 0", what, err, out.Len(), errTooMuch)
		}
	}
}

// TestWriteErrors: an error of the writer is returned unchanged. TestMain checks that
// no goroutine is left.
func TestWriteErrors(t *testing.T) {
	full := errors.New("disk is full")
	for _, name := range []string{"base-2x2.jpg", "prog-2x2.jpg", "gray.jpg", "q100.jpg"} {
		for what, do := range map[string]func(*Reader, io.Writer) error{
			"gray": func(r *Reader, w io.Writer) error { return r.Gray(w, GrayOptions{}) },
			"half": func(r *Reader, w io.Writer) error { return r.Scale(w, ScaleOptions{Denominator: 2}) },
		} {
			r, err := NewReader(bytes.NewReader(variant(t, name)), ReaderOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if err := do(r, failingWriter{full}); err != full {
				t.Errorf("%s of %s: got %v, want %v", what, name, err, full)
			}
		}
	}
}

// A failingWriter fails with err.
type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
