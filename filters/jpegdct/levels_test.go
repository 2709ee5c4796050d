package jpegdct

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestCodedLevel: the bits of a coded value tell its level, and few of them its largest one.
func TestCodedLevel(t *testing.T) {
	for symbol := range byte(255) {
		run, size := symbol>>4, int(symbol&15)
		if size > 11 {
			continue
		}
		for w := range uint32(1) << size {
			v := int(extend(uint64(w)<<(64-size), size))
			want := level(max(v, -v))
			if run >= isolatedRun {
				want = level(max(v, -v) << isolatedShift)
			}
			for n := range size + 1 {
				got := codedLevel(symbol, w>>(size-n), n)
				if got < want || n >= min(size, 2) && got != want {
					t.Errorf("the level of %d after a run of %d, by %d of its %d bits, is %d, want %d", v, run, n, size, got, want)
				}
			}
		}
	}
}

// TestClasses: a value that exceeds its bound has a class that is suspect there.
func TestClasses(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		weak := randomBounds(random)
		isolated, b := weak.isolated(), newValueBounds(weak)
		for k := range 64 {
			bound := int(weak.at(k))
			if bound == math.MaxInt16 {
				if b.suspect[k+1] != noSuspect || b.doubtful[k] != noSuspect {
					t.Fatalf("coefficient %d has no bound, and suspect classes from %d and %d on", k, b.suspect[k+1], b.doubtful[k])
				}
				continue
			}
			above := func(bound int) int { return bound + 1 + random.IntN(math.MaxInt16-bound) }
			v, alone := above(bound), above(int(isolated.at(k)))
			for _, c := range []struct {
				name    string
				level   int
				classes classes
				shift   int
				suspect uint8
			}{
				{"skipped", level(v), weak.skipClasses(), skipClassShift, b.suspect[k+1]},
				{"read", level(v), weak.valueClasses(), valueClassShift, b.doubtful[k]},
				{"skipped isolated", level(alone) + 2*isolatedShift, weak.skipClasses(), skipClassShift, b.suspect[k+1]},
				{"read isolated", level(alone) + 2*isolatedShift, weak.valueClasses(), valueClassShift, b.doubtful[k]},
			} {
				class := c.classes[c.level]
				if class == 0 || class<<c.shift < c.suspect {
					t.Fatalf("%s coefficient %d of level %d has the class %d; its bound is %d, and suspect is %d", c.name, k, c.level, class, bound, c.suspect)
				}
			}
		}
	}
}

func TestThin(t *testing.T) {
	for _, c := range []struct {
		levels levels
		n      int
		want   levels
	}{
		{0, 2, 0},
		{0b1010100, 7, 0b1010100},
		{0b1111111100, 7, 0b1011111100},   // the highest stays
		{0b11111111100, 7, 0b10101111100}, // and each second one below it, as long as there are too many
		{0b1111_1111_1111_1100, 4, 0b1000_0000_1000_1100},
		{0b111, 2, 0b101},
	} {
		if got := c.levels.thin(c.n); got != c.want {
			t.Errorf("of the levels %b at most %d are %b, want %b", c.levels, c.n, got, c.want)
		}
	}
}
