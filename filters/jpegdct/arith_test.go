package jpegdct

import (
	"bytes"
	"encoding/hex"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestArithDecoder decodes the test sequence of T.81, K.4.1: 256 decisions with one bin.
func TestArithDecoder(t *testing.T) {
	unhex := func(s string) []byte { return must(hex.DecodeString(strings.ReplaceAll(s, " ", ""))) }
	want := unhex("00 02 00 51 00 00 00 C0 03 52 87 2A AA AA AA AA 82 C0 20 00 FC D7 9E F6 74 EA AB F7 69 7E E7 4C")
	var d arithDecoder
	d.begin(unhex("65 5B 51 44 F7 96 9D 51 78 55 BF FF 00 FC 51 84 C7 CE F9 39 00 28 7D 46 70 8E CB C0 F6 FF"))
	got := make([]byte, len(want))
	var bin arithBin
	for i := range 8 * len(want) {
		got[i/8] = got[i/8]<<1 | byte(d.bit(&bin))
	}
	if !bytes.Equal(got, want) {
		t.Errorf("decoded % X, want % X", got, want)
	}
}

// sameCoefficients checks that two files decode to the same samples, and that their gray and
// half pictures do.
func sameCoefficients(t *testing.T, name string, a, b []byte) {
	t.Helper()
	for what, operation := range tolerantOperations {
		want, _, wantErr := do(b, operation, true)
		got, _, err := do(a, operation, true)
		if (err == nil) != (wantErr == nil) {
			t.Errorf("%s of %s: %v, and with Huffman coding %v", what, name, err, wantErr)
			continue
		}
		if what != "pixels" && err == nil {
			got, _, err = do(got, tolerantOperations["pixels"], true)
			want, _, wantErr = do(want, tolerantOperations["pixels"], true)
		}
		if err != nil && what == "pixels" || !bytes.Equal(got, want) {
			t.Errorf("%s of %s: differs from what comes with Huffman coding (%v, %v)", what, name, err, wantErr)
		}
	}
}

// TestArithmetic: an arithmetic-coded file has the coefficients of its Huffman-coded twin.
func TestArithmetic(t *testing.T) {
	twin := read(t, "testdata/arith-huffman.jpg")
	for _, name := range []string{"testdata/arith-sequential.jpg", "testdata/arith-progressive.jpg"} {
		sameCoefficients(t, name, read(t, name), twin)
	}
}

// TestArithmeticOfJpegtran does the same with files that jpegtran makes.
func TestArithmeticOfJpegtran(t *testing.T) {
	tool(t, "jpegtran")
	for _, name := range []string{"video-001.q50.420.jpeg", "video-001.q50.422.progressive.jpeg", "video-005.gray.jpeg", "video-001.cmyk.jpeg", "video-001.221212.jpeg", "video-001.jpeg"} {
		clean := read(t, filepath.Join(goTestdata, name))
		for _, args := range [][]string{{}, {"-progressive"}, {"-restart", "3B"}, {"-progressive", "-restart", "1"}} {
			in, err := run(clean, "jpegtran", append([]string{"-arithmetic"}, args...)...)
			if err != nil {
				t.Fatal(err)
			}
			sameCoefficients(t, name+" "+strings.Join(args, " "), in, clean)
		}
	}
}

// TestArithmeticEnds: without the marker after its data, an arithmetic-coded file may lack
// coefficients, so every prefix is truncated. So is one that lacks a restart interval.
func TestArithmeticEnds(t *testing.T) {
	for _, name := range []string{"testdata/arith-sequential.jpg", "testdata/arith-progressive.jpg"} {
		in := read(t, name)
		for what, operation := range tolerantOperations {
			for n := range len(in) - 1 {
				if _, _, err := do(in[:n], operation, false); err == nil {
					t.Errorf("%s of %s: no error with %d bytes of %d", what, name, n, len(in))
				}
			}
		}
	}
	in := read(t, "testdata/arith-sequential.jpg")
	m := mapJPEG(in)
	in = slices.Concat(in[:m.restarts[len(m.restarts)-1]], in[len(in)-2:])
	if _, err := decoded(in, 8); !errors.Is(err, ErrTruncated) {
		t.Errorf("without the last restart interval: error %v, want %v", err, ErrTruncated)
	}
}

// TestConditioning: DAC segments set the conditioning of their tables.
func TestConditioning(t *testing.T) {
	c := defaultConditioning
	if err := c.parseDAC([]byte{0x01, 0x42, 0x12, 63}); err != nil {
		t.Fatal(err)
	}
	want := conditioning{lower: [4]uint8{1: 2}, upper: [4]uint8{1, 4, 1, 1}, low: [4]uint8{5, 5, 63, 5}}
	if c != want {
		t.Errorf("conditioning %v, want %v", c, want)
	}
	for _, bad := range [][]byte{{0x01, 0x24}, {0x10, 0}, {0x10, 64}, {0x04, 0}, {0x20, 1}, {0x00}} {
		if err := c.parseDAC(bad); !errors.Is(err, ErrCorrupt) {
			t.Errorf("DAC % X: error %v, want %v", bad, err, ErrCorrupt)
		}
	}
}

// TestConditioningAsDjpeg: with other conditioning than the data were coded with, which makes
// another picture of them, this package and djpeg decode the same.
func TestConditioningAsDjpeg(t *testing.T) {
	tool(t, "djpeg")
	compared := 0
	for _, name := range []string{"testdata/arith-sequential.jpg", "testdata/arith-progressive.jpg"} {
		clean := read(t, name)
		m := mapJPEG(clean)
		for _, p := range [][]byte{{0, 0x20}, {0, 0x21}, {0, 0x62, 1, 0x33}, {0x10, 1}, {0x10, 9, 0x11, 2}, {0x10, 63, 0x11, 63}} {
			in := insert(clean, m.segments[:1], append([]byte{0xFF, mDAC, 0, byte(2 + len(p))}, p...)...)
			want, err := djpeg(t, in, "-grayscale")
			if err != nil {
				continue // the data are invalid then
			}
			got, err := decoded(in, 8)
			if err != nil {
				t.Errorf("%s, DAC % X: %v", name, p, err)
				continue
			}
			if d := maxDiff(tight(got.Planes[0]), want.pix); d > 1 {
				t.Errorf("%s, DAC % X: luma differs from djpeg's by up to %d", name, p, d)
			}
			compared++
		}
	}
	t.Logf("%d pictures compared", compared)
}

// FuzzArithmetic: any arithmetic-coded data decode to a picture or an error, and what comes
// of a picture can be read.
func FuzzArithmetic(f *testing.F) {
	heads := map[bool][]byte{}
	for _, name := range []string{"testdata/arith-sequential.jpg", "testdata/arith-progressive.jpg"} {
		in := read(f, name)
		m := mapJPEG(in)
		progressive := in[m.sof+1] == 0xCA
		heads[progressive] = in[:m.scans[0]]
		f.Add(progressive, in[m.scans[0]:])
	}
	f.Fuzz(func(t *testing.T, progressive bool, data []byte) {
		in := slices.Concat(heads[progressive], data, []byte{0xFF, mEOI})
		for what, operation := range tolerantOperations {
			out, _, err := do(in, operation, false)
			if err == nil && what != "pixels" {
				if _, _, err := do(out, tolerantOperations["pixels"], true); err != nil {
					t.Fatalf("%s: decoding the output: %v", what, err)
				}
			}
		}
	})
}
