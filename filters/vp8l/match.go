package vp8l

import (
	"math"
	"math/bits"
)

// A backwardRef is a run of length pixels, from pixel at on, that are the same as those
// distance pixels earlier (section 5.2.2).
type backwardRef struct{ at, length, distance int32 }

const (
	maxCopy     = 4096    // pixels
	maxDistance = 1 << 17 // pixels; the format has 1 << 20 - 120
	chainLength = 8       // places that are looked at
	longCopy    = 64      // pixels: nothing is searched for within longer copies
)

// findCopies returns the copies of an image, from the beginning to the end. What is
// between them is literals.
func findCopies(pix []uint32, width int) (copies []backwardRef) {
	f := newFinder(pix, width)
	for i := 0; i < len(pix); {
		c := f.find(i)
		end := i + int(c.length)
		switch {
		case f.isCheaper(c):
			copies = append(copies, c)
		case c.length < longCopy:
			end = i + 1
		default: // as literals: a search at each of them would cost too much
		}
		if c.length < longCopy {
			for ; i < end; i++ {
				f.insert(i)
			}
		}
		i = end
	}
	return copies
}

// A finder finds where pixels came before, by a hash of two pixels.
type finder struct {
	pix       []uint32
	width     int
	distances *distanceCodes
	costs     *pixelCosts
	heads     []int32 // the last place of each hash, plus 1
	hashShift int
	before    []int32 // the place before with the same hash, plus 1, of the last pixels
}

func newFinder(pix []uint32, width int) *finder {
	size := bits.Len(uint(min(len(pix), maxDistance) - 1))
	hashBits := min(size, 16)
	return &finder{
		pix: pix, width: width,
		distances: newDistanceCodes(width),
		costs:     newPixelCosts(pix),
		heads:     make([]int32, 1<<hashBits),
		hashShift: 64 - hashBits,
		before:    make([]int32, 1<<size),
	}
}

// hash returns the hash of pixel i, which is not the last one, and the next.
func (f *finder) hash(i int) uint64 {
	two := uint64(f.pix[i])<<32 | uint64(f.pix[i+1])
	return two * 0x9e3779b97f4a7c15 >> f.hashShift
}

func (f *finder) insert(i int) {
	if i+1 < len(f.pix) {
		h := f.hash(i)
		f.before[i&(len(f.before)-1)] = f.heads[h]
		f.heads[h] = int32(i + 1)
	}
}

// find returns the longest copy for the pixels from i on. Its length is 0 if there is
// none of at least two pixels.
func (f *finder) find(i int) (best backwardRef) {
	if i+1 >= len(f.pix) {
		return backwardRef{}
	}
	try := func(distance int) {
		if distance > i {
			return
		}
		if n := f.match(i, distance, int(best.length)); n > int(best.length) {
			best = backwardRef{int32(i), int32(n), int32(distance)}
		}
	}
	try(1)
	try(f.width)
	at := int(f.heads[f.hash(i)]) - 1
	for range chainLength {
		if at < 0 || i-at >= len(f.before) || best.length >= longCopy {
			break
		}
		try(i - at)
		next := int(f.before[at&(len(f.before)-1)]) - 1
		if next >= at {
			break // the place has been used for a later pixel
		}
		at = next
	}
	if best.length < 2 {
		return backwardRef{}
	}
	return best
}

// match returns how many pixels from i on are as those distance pixels earlier, or 0 if
// no more than atLeast.
func (f *finder) match(i, distance, atLeast int) int {
	to := f.pix[i:min(i+maxCopy, len(f.pix))]
	from := f.pix[i-distance:][:len(to)]
	if atLeast >= len(to) || to[atLeast] != from[atLeast] {
		return 0
	}
	for n, p := range to {
		if p != from[n] {
			return n
		}
	}
	return len(to)
}

// isCheaper tells whether a copy takes fewer bits than its pixels as literals, about.
func (f *finder) isCheaper(c backwardRef) bool {
	if c.length == 0 {
		return false
	}
	length, distance := prefix(int(c.length)), prefix(f.distances.code(int(c.distance)))
	cost := float32(12 + length.bits + distance.bits)
	for _, p := range f.pix[c.at:][:c.length] {
		if cost -= f.costs.of(p); cost < 0 {
			return true
		}
	}
	return false
}

// pixelCosts are about how many bits each channel of a literal takes.
type pixelCosts [4][256]float32

func newPixelCosts(pix []uint32) *pixelCosts {
	h := &histogram{green: make([]uint32, 256)}
	h.addLiterals(pix, nil)
	costs := new(pixelCosts)
	total := math.Log2(float64(len(pix)))
	for k := range costs {
		for v, n := range h.counts()[k] {
			costs[k][v] = float32(total - math.Log2(float64(max(n, 1))))
		}
	}
	return costs
}

func (c *pixelCosts) of(p uint32) float32 {
	return c[kindGreen][p>>8&255] + c[kindRed][p>>16&255] + c[kindBlue][p&255] + c[kindAlpha][p>>24]
}
