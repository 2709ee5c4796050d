package pngrow

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// twinRows returns a row and the row above it: noise, gradients or extreme values.
func twinRows(r *rand.Rand, n int) (row, above []byte) {
	row, above = make([]byte, n), make([]byte, n)
	kind := r.IntN(3)
	for i := range n {
		switch kind {
		case 0:
			row[i], above[i] = byte(r.Uint32()), byte(r.Uint32())
		case 1:
			row[i], above[i] = byte(i+r.IntN(9)), byte(i+r.IntN(5))
		case 2:
			row[i], above[i] = byte(-r.IntN(2)), byte(127+r.IntN(2))
		}
	}
	return row, above
}

// TestTry compares try, which may use assembly, with tryGo.
func TestTry(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := 1; n < 300; n++ {
		for _, unit := range []int{1, 2, 3, 4, 6, 8} {
			f, g := newRowFilter(n, unit), newRowFilter(n, unit)
			row, above := twinRows(r, n)
			for _, x := range []*rowFilter{f, g} {
				copy(x.current[filterMargin:], row)
				copy(x.previous[filterMargin:], above)
			}
			got := f.try()
			var want [filterTypes]uint64
			g.tryGo(0, &want)
			if got != want {
				t.Fatalf("%d bytes, unit %d: got sums %d, want %d", n, unit, got, want)
			}
			for i := filterSub; i < filterTypes; i++ {
				if !bytes.Equal(f.tried[i], g.tried[i]) {
					t.Fatalf("%d bytes, unit %d, filter %d: got %v, want %v", n, unit, i, f.tried[i], g.tried[i])
				}
			}
		}
	}
}

// paethPlain is the predictor as section 9.4 defines it.
func paethPlain(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	pa, pb, pc := p-int(a), p-int(b), p-int(c)
	pa, pb, pc = max(pa, -pa), max(pb, -pb), max(pc, -pc)
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func TestPaethPredictor(t *testing.T) {
	for i := range 1 << 24 {
		a, b, c := byte(i>>16), byte(i>>8), byte(i)
		if got, want := paethPredictor(a, b, c), paethPlain(a, b, c); got != want {
			t.Fatalf("%d, %d, %d: got %d, want %d", a, b, c, got, want)
		}
	}
}

// unfilterPlain is unfilter as section 9.2 defines it.
func unfilterPlain(kind byte, dst, src, above []byte, unit int) {
	for i := range dst {
		var a, c byte
		if i >= unit {
			a, c = dst[i-unit], above[i-unit]
		}
		dst[i] = src[i] + [...]byte{0, a, above[i], byte((int(a) + int(above[i])) / 2), paethPlain(a, above[i], c)}[kind]
	}
}

func TestUnfilter(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	slack := func(p []byte) []byte {
		p = append(make([]byte, 0, len(p)+unfilterSlack), p...)
		for range unfilterSlack {
			p = append(p, byte(r.Uint32()))
		}
		return p
	}
	for n := 1; n < 100; n++ {
		for _, unit := range []int{1, 2, 3, 4, 6, 8} {
			row, above := twinRows(r, n)
			want := make([]byte, n)
			for kind := range byte(filterTypes) {
				unfilterPlain(kind, want, row, above, unit)
				got := slack(make([]byte, n))
				unfilter(kind, got, slack(row), slack(above), unit)
				if !bytes.Equal(got[:n], want) {
					t.Fatalf("%d bytes, unit %d, filter %d: got %v, want %v", n, unit, kind, got[:n], want)
				}
			}
			got := slack(make([]byte, n)) // want still holds the result of filterPaeth
			unfilterPaethGo(got, slack(row), slack(above), unit)
			if !bytes.Equal(got[:n], want) {
				t.Fatalf("%d bytes, unit %d, Paeth in Go: got %v, want %v", n, unit, got[:n], want)
			}
		}
	}
	if unfilter(filterTypes, make([]byte, 9), make([]byte, 9), make([]byte, 9), 1) {
		t.Errorf("unknown filter type %d was accepted", filterTypes)
	}
}

func BenchmarkUnfilter(b *testing.B) {
	const n = 12 << 10
	r := rand.New(rand.NewPCG(5, 6))
	row, above := twinRows(r, n+unfilterSlack)
	dst := make([]byte, n+unfilterSlack)
	for kind, name := range []string{"None", "Sub", "Up", "Average", "Paeth"} {
		for _, unit := range []int{1, 3, 4} {
			b.Run(fmt.Sprintf("%s/%d", name, unit), func(b *testing.B) {
				b.SetBytes(n)
				for b.Loop() {
					unfilter(byte(kind), dst, row, above, unit)
				}
			})
		}
	}
	b.Run("PaethGo/3", func(b *testing.B) {
		b.SetBytes(n)
		for b.Loop() {
			unfilterPaethGo(dst, row, above, 3)
		}
	})
}

func BenchmarkFilter(b *testing.B) {
	const n = 12 << 10
	f := newRowFilter(n, 3)
	row, _ := twinRows(rand.New(rand.NewPCG(7, 8)), n)
	b.Run("best", func(b *testing.B) {
		b.SetBytes(n)
		for b.Loop() {
			f.best(row)
		}
	})
	b.Run("Go", func(b *testing.B) {
		b.SetBytes(n)
		for b.Loop() {
			var sums [filterTypes]uint64
			f.tryGo(0, &sums)
		}
	})
}
