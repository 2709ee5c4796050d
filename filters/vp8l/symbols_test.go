package vp8l

import "testing"

// TestPrefix undoes prefix as section 5.2.2 does.
func TestPrefix(t *testing.T) {
	for v := 1; v <= 1<<20; v += 1 + v>>9 {
		p := prefix(v)
		got := p.symbol + 1
		if p.symbol >= 4 {
			extra := (p.symbol - 2) >> 1
			if extra != p.bits || p.extra >= 1<<extra {
				t.Fatalf("%d: %+v", v, p)
			}
			got = (2+p.symbol&1)<<extra + int(p.extra) + 1
		}
		if got != v {
			t.Fatalf("%d: %+v, which is %d", v, p, got)
		}
	}
}

// TestDistanceCode undoes distanceCodes as section 5.2.2 does.
func TestDistanceCode(t *testing.T) {
	for width := 1; width < 40; width++ {
		d := newDistanceCodes(width)
		for distance := 1; distance < 9*width+20; distance++ {
			code := d.code(distance)
			got := code - 120
			if code <= 120 {
				v := int(distanceOrder[code-1])
				got = max(1, v>>4*width+8-v&15)
			}
			if got != distance {
				t.Fatalf("width %d: code %d of %d means %d", width, code, distance, got)
			}
		}
	}
}

// TestPrefixCode: a code is complete and not too long, and no code begins another one.
func TestPrefixCode(t *testing.T) {
	fibonacci := []uint32{1, 1}
	for len(fibonacci) < 40 {
		n := len(fibonacci)
		fibonacci = append(fibonacci, fibonacci[n-1]+fibonacci[n-2])
	}
	for name, counts := range map[string][]uint32{
		"two symbols": {3, 0, 1}, "equal": make([]uint32, 256), "rarer and rarer": fibonacci,
		"many, a few rare": append(make([]uint32, 2000), 1<<30, 0, 1<<29),
	} {
		for i := range counts {
			if name != "two symbols" {
				counts[i] = max(1, counts[i])
			}
		}
		c := newPrefixCode(counts)
		taken := make([]bool, 1<<maxCodeLength)
		for s, k := range c.codes {
			if (k.length > 0) != (counts[s] > 0) || k.length > maxCodeLength {
				t.Errorf("%s: %d bits for symbol %d", name, k.length, s)
			}
			for i := int(k.bits); k.length > 0 && i < len(taken); i += 1 << k.length {
				if taken[i] {
					t.Fatalf("%s: two symbols for %b", name, i)
				}
				taken[i] = true
			}
		}
		for i, ok := range taken {
			if !ok {
				t.Fatalf("%s: no symbol for %b", name, i)
			}
		}
	}
}
