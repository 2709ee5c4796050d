package jpegdct

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

// onProcessors calls do with GOMAXPROCS set to n.
func onProcessors(n int, do func([]byte) ([]byte, error), in []byte) ([]byte, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
	return do(in)
}

// TestBands: decoding in bands gives the same bytes as decoding row by row, or an
// error of the same kind and no output that looks complete.
func TestBands(t *testing.T) {
	for _, name := range []string{"testdata/restart-row.jpg", "testdata/restart-38.jpg"} {
		in := read(t, name)
		r, err := NewReader(bytes.NewReader(in), ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, unit := range []int{1, 2, 4, 8} {
			if rows := r.bandRows(&r.firstScan, unit, allowance(nil)); rows == 0 && runtime.GOMAXPROCS(0) > 1 {
				t.Errorf("%s: not read in bands of a multiple of %d rows", name, unit)
			}
		}
		cases := map[string][]byte{
			"complete":     in,
			"no EOI":       in[:len(in)-2],
			"trailing":     append(bytes.Clone(in), "trailing"...),
			"no last band": append(bytes.Clone(in[:bytes.LastIndex(in, []byte{0xFF, mRST0})]), 0xFF, mEOI),
		}
		every, some := 13, 30
		if testing.Short() {
			every, some = 60, 4
		}
		for i, at := range markers(in) {
			switch {
			case i%every == 0:
				cases[fmt.Sprintf("without marker %d", i)] = append(bytes.Clone(in[:at]), in[at+2:]...)
			case i%every == 1:
				cases[fmt.Sprintf("marker %d twice", i)] = append(bytes.Clone(in[:at+2]), in[at:]...)
			case i%every == 2:
				broken := bytes.Clone(in)
				broken[at+1] = mRST0 + (broken[at+1]+3)&7
				cases[fmt.Sprintf("marker %d out of order", i)] = broken
			case i%every == 3:
				cases[fmt.Sprintf("fill byte before marker %d", i)] = append(append(bytes.Clone(in[:at]), 0xFF), in[at:]...)
			}
		}
		random := rand.New(rand.NewPCG(1, uint64(len(in))))
		for range some {
			n := random.IntN(len(in))
			cases[fmt.Sprintf("first %d bytes", n)] = in[:n]
			broken := bytes.Clone(in)
			broken[n] ^= 1 << random.IntN(8)
			cases[fmt.Sprintf("changed byte %d", n)] = broken
		}
		for _, what := range []string{"gray", "half", "eighth"} {
			do := operations[what]
			for broken, in := range cases {
				want, wantErr := onProcessors(1, do, in)
				got, err := onProcessors(4, do, in)
				switch {
				case (err == nil) != (wantErr == nil) || errors.Is(err, ErrCorrupt) != errors.Is(wantErr, ErrCorrupt):
					t.Errorf("%s of %s, %s: error %v in bands, %v row by row", what, name, broken, err, wantErr)
				case err == nil && !bytes.Equal(got, want):
					t.Errorf("%s of %s, %s: output in bands differs from output row by row", what, name, broken)
				case err != nil && looksWhole(got):
					t.Errorf("%s of %s, %s: error %v, but the output looks complete", what, name, broken, err)
				}
			}
		}
	}
}

// markers returns the positions of the restart markers.
func markers(in []byte) (at []int) {
	for i := range in[:len(in)-1] {
		if in[i] == 0xFF && isRestart(in[i+1]) {
			at = append(at, i)
		}
	}
	return at
}

// TestBandsAreAllowed: if Allow refuses the memory for bands, rows are read one by one.
func TestBandsAreAllowed(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	in := read(t, "testdata/restart-row.jpg")
	asked := int64(0)
	gray := func(allow func(int64) error) []byte {
		r, err := NewReader(bytes.NewReader(in), ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := r.Gray(&out, GrayOptions{Allow: allow}); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	want := gray(nil)
	got := gray(func(n int64) error {
		asked = n
		return errors.New("no room")
	})
	r, err := NewReader(bytes.NewReader(in), ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rows := r.bandRows(&r.firstScan, 1, allowance(nil))
	if least := int64(bandCount(&r.firstScan, rows) * rows * r.firstScan.mcusX * maxMCUBytes); asked < least {
		t.Errorf("asked for %d bytes, want at least %d", asked, least)
	}
	if !bytes.Equal(got, want) {
		t.Error("output without bands differs from output in bands")
	}
}
