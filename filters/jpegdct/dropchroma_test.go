package jpegdct

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

// afterGray are operations, each by a name, that may follow Gray.
var afterGray = map[string]func(*Reader, io.Writer) error{
	"gray":            func(r *Reader, w io.Writer) error { return r.Gray(w, GrayOptions{Allow: allow128M}) },
	"1/2":             scaleOperation(ScaleOptions{Denominator: 2}),
	"1/2, quality 80": scaleOperation(ScaleOptions{Denominator: 2, Quality: 80}),
	"1/4":             scaleOperation(ScaleOptions{Denominator: 4}),
	"1/8":             scaleOperation(ScaleOptions{Denominator: 8}),
	"samples":         samplesOperation(8),
	"samples at 3/8":  samplesOperation(3),
}

func scaleOperation(o ScaleOptions) func(*Reader, io.Writer) error {
	o.Allow = allow128M
	return func(r *Reader, w io.Writer) error { return r.Scale(w, o) }
}

// samplesOperation writes the header's colour space and the samples at k/8.
func samplesOperation(k int) func(*Reader, io.Writer) error {
	return func(r *Reader, w io.Writer) error {
		p, err := r.Decode(DecodeOptions{Scale: k, Allow: allow128M})
		if err != nil {
			return err
		}
		fmt.Fprint(w, r.Header().ColorSpace, len(r.Header().Components), p.ColorSpace, p.Width, p.Height)
		for _, c := range p.Planes {
			fmt.Fprint(w, c.Width, c.Height, c.H, c.V, *c.Quant)
			_, _ = w.Write(tight(c))
		}
		return nil
	}
}

// withoutChroma returns what an operation writes after DropChroma.
func withoutChroma(in []byte, do func(*Reader, io.Writer) error) ([]byte, error) {
	return transform(in, func(r *Reader, w io.Writer) error {
		if err := r.DropChroma(); err != nil {
			return err
		}
		return do(r, w)
	})
}

// TestDropChroma: an operation after DropChroma writes the bytes that it writes for the
// output of Gray.
func TestDropChroma(t *testing.T) {
	files := pictures(t)
	for name, in := range sampled(t) {
		files[name] = in
	}
	compared := 0
	for name, in := range files {
		if testing.Short() && len(in) > 1<<20 {
			continue
		}
		between, refused := gray(in)
		for what, do := range afterGray {
			got, err := withoutChroma(in, do)
			if refused != nil {
				for _, kind := range []error{ErrUnsupported, ErrCorrupt, ErrTruncated} {
					if errors.Is(refused, kind) && !errors.Is(err, kind) {
						t.Errorf("%s, %s: error %v, that of Gray is %v", name, what, err, refused)
					}
				}
				continue
			}
			want, err2 := transform(between, do)
			if err != nil || err2 != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, %s: %d bytes with error %v, want the same %d bytes as after Gray, which has error %v",
					name, what, len(got), err, len(want), err2)
			}
			compared++
		}
	}
	if compared < 500 {
		t.Errorf("only %d results were compared", compared)
	}
}

// sampled returns pictures of many sizes and sampling factors, partly smooth and partly
// noise, by names that tell them.
func sampled(t *testing.T) map[string][]byte {
	t.Helper()
	random := rand.New(rand.NewPCG(7, 8))
	files := map[string][]byte{}
	for _, sampling := range [][]int{
		{1, 1, 1, 1, 1, 1}, {2, 2, 1, 1, 1, 1}, {2, 1, 1, 1, 1, 1}, {1, 2, 1, 1, 1, 1}, {4, 1, 1, 1, 2, 1},
		{3, 1, 1, 1, 1, 1}, {1, 3, 1, 1, 1, 2}, {4, 2, 1, 1, 1, 1}, {2, 4, 1, 1, 1, 1}, {3, 2, 1, 1, 2, 1},
		{4, 4, 1, 1, 1, 1}, // in a scan of its own
	} {
		for _, size := range []int{1, 9, 40, 67, 131, 200} {
			p := gradient(size, sampling)
			for _, c := range p.Planes {
				for i := range c.Pix {
					if i%c.Width > c.Width/2 {
						c.Pix[i] = byte(random.IntN(256))
					}
				}
			}
			for _, interval := range []int{0, 3} {
				in, err := encoded(p, EncodeOptions{Quality: 90, RestartInterval: interval})
				if err != nil {
					t.Fatal(err)
				}
				files[fmt.Sprint(size, " pixels, sampling ", sampling, ", restart interval ", interval)] = in
			}
		}
	}
	return files
}

// TestDropChromaBroken: broken chroma is an error, as it is for Gray, and what was written
// before is not a complete picture.
func TestDropChromaBroken(t *testing.T) {
	in := read(t, "testdata/restart-row.jpg")
	for at := len(in) / 2; at < len(in); at += 1 + len(in)/60 {
		broken := bytes.Clone(in)
		broken[at] ^= 0x55
		_, want := gray(broken)
		for what, do := range afterGray {
			out, err := withoutChroma(broken, do)
			if (err == nil) != (want == nil) {
				t.Errorf("byte %d, %s: error %v, that of Gray is %v", at, what, err, want)
			}
			if err != nil && looksWhole(out) {
				t.Errorf("byte %d, %s: error %v, but the output looks complete", at, what, err)
			}
		}
	}
}

// TestDropChromaRefuses: where there is no luma, nothing changes.
func TestDropChromaRefuses(t *testing.T) {
	in := read(t, goTestdata+"/video-001.rgb.jpeg")
	r, err := NewReader(bytes.NewReader(in), ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.DropChroma(); !errors.Is(err, ErrUnsupported) {
		t.Fatalf("error %v, want ErrUnsupported", err)
	}
	p, err := r.Decode(DecodeOptions{})
	if err != nil || len(p.Planes) != 3 || p.ColorSpace != RGB {
		t.Errorf("Decode after it: error %v, want three planes of RGB", err)
	}
}

func FuzzDropChroma(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		if !small(in) {
			return
		}
		between, refused := gray(in)
		for what, do := range afterGray {
			got, err := withoutChroma(in, do)
			if err != nil && looksWhole(got) {
				t.Fatalf("%s: error %v, but the output looks complete", what, err)
			}
			if refused != nil {
				continue
			}
			if want, err2 := transform(between, do); err2 == nil && (err != nil || !bytes.Equal(got, want)) {
				t.Fatalf("%s: %d bytes with error %v, want the %d bytes as after Gray", what, len(got), err, len(want))
			}
		}
	})
}
