package jpegdct

import (
	"bytes"
	"errors"
	"sync/atomic"
	"testing"
)

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
