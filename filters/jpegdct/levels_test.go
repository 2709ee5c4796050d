package jpegdct

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestCodedLevel: the bits of a coded value tell its level, and few of them its largest one.
func TestCodedLevel(t *testing.T) {
	for size := range 12 {
		for w := range uint32(1) << size {
			v := int(extend(uint64(w)<<(64-size), size))
			want := level(max(v, -v))
			for n := range size + 1 {
				got := codedLevel(size, w>>(size-n), n)
				if got < want || n >= min(size, 2) && got != want {
					t.Errorf("the level of %d by %d of its %d bits is %d, want %d", v, n, size, got, want)
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
		b := newValueBounds(weak)
		for k := range 64 {
			bound := int(weak.at(k))
			if bound == math.MaxInt16 {
				if b.suspect[k+1] != noSuspect || b.doubtful[k] != noSuspect {
					t.Fatalf("coefficient %d has no bound, and suspect classes from %d and %d on", k, b.suspect[k+1], b.doubtful[k])
				}
				continue
			}
			v := bound + 1 + random.IntN(math.MaxInt16-bound)
			for _, c := range []struct {
				name    string
				classes classes
				shift   int
				suspect uint8
			}{
				{"skipped", weak.skipClasses(), skipClassShift, b.suspect[k+1]},
				{"read", weak.valueClasses(), valueClassShift, b.doubtful[k]},
			} {
				class := c.classes[level(v)]
				if class == 0 || class<<c.shift < c.suspect {
					t.Fatalf("%s coefficient %d of %d has the class %d; its bound is %d, and suspect is %d", c.name, k, v, class, bound, c.suspect)
				}
			}
		}
	}
}
