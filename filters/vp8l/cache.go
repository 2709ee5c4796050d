package vp8l

// A colourCache has recent pixels, each where its hash says (section 5.2.3). Nil is a
// cache that is not used.
type colourCache struct {
	pixels []uint32
	shift  int
}

// newColourCache returns a cache of 1 << bits pixels, nil for 0 bits.
func newColourCache(bits int) *colourCache {
	if bits == 0 {
		return nil
	}
	return &colourCache{pixels: make([]uint32, 1<<bits), shift: 32 - bits}
}

// insert puts a pixel into the cache, and returns its index and whether it was there.
func (c *colourCache) insert(p uint32) (index int, wasThere bool) {
	index = int(p * 0x1e35a7bd >> c.shift)
	wasThere = c.pixels[index] == p
	c.pixels[index] = p
	return index, wasThere
}

func (c *colourCache) insertAll(pix []uint32) {
	if c == nil {
		return
	}
	for i, p := range pix {
		if i == 0 || p != pix[i-1] {
			c.insert(p)
		}
	}
}

// bestCache returns the number of bits of the cache with which an image takes the fewest
// bits, or 0.
func bestCache(pix []uint32, width int, copies []backwardRef) (bits int) {
	lowest := count(pix, width, copies, 0).cost()
	for _, n := range []int{4, 7, 10} {
		if cost := count(pix, width, copies, n).cost(); cost < lowest {
			bits, lowest = n, cost
		}
	}
	return bits
}
