package vp8l

// putImage writes the pixels of the image itself (section 5).
func (w *bitWriter) putImage(pix []uint32, width int) {
	w.putEntropyCoded(pix, width, true)
}

// putPixels writes the pixels of an image that is part of a transform.
func (w *bitWriter) putPixels(pix []uint32, width int) {
	w.putEntropyCoded(pix, width, false)
}

// putEntropyCoded writes pixels: the size of the colour cache, the prefix codes, the
// data.
func (w *bitWriter) putEntropyCoded(pix []uint32, width int, isMain bool) {
	copies := findCopies(pix, width)
	cacheBits := bestCache(pix, width, copies)
	w.putBool(cacheBits > 0)
	if cacheBits > 0 {
		w.put(uint64(cacheBits), 4)
	}
	if isMain {
		w.putBool(false) // one group of prefix codes for all of the image
	}
	d := &dataWriter{bitWriter: w, cache: newColourCache(cacheBits)}
	for kind, counts := range count(pix, width, copies, cacheBits).counts() {
		d.codes[kind] = newPrefixCode(counts)
		w.putPrefixCode(&d.codes[kind])
	}
	d.putData(pix, width, copies)
}

// A dataWriter writes pixels by prefix codes.
type dataWriter struct {
	*bitWriter
	codes [symbolKinds]prefixCode
	cache *colourCache
}

// putData writes the data of pixels (section 5.2).
func (w *dataWriter) putData(pix []uint32, width int, copies []backwardRef) {
	distances := newDistanceCodes(width)
	at := 0
	for _, c := range copies {
		w.putLiterals(pix[at:c.at])
		w.putPrefixed(kindGreen, firstLength, prefix(int(c.length)))
		w.putPrefixed(kindDistance, 0, prefix(distances.code(int(c.distance))))
		at = int(c.at + c.length)
		w.cache.insertAll(pix[c.at:at])
	}
	w.putLiterals(pix[at:])
}

// putLiterals writes pixels that are no copies.
func (w *dataWriter) putLiterals(pix []uint32) {
	green, red, blue, alpha := &w.codes[kindGreen], &w.codes[kindRed], &w.codes[kindBlue], &w.codes[kindAlpha]
	for _, p := range pix {
		if w.cache != nil {
			if i, hit := w.cache.insert(p); hit {
				c := green.codes[firstCached+i]
				w.put(uint64(c.bits), int(c.length))
				continue
			}
		}
		g, r, b, a := green.codes[p>>8&255], red.codes[p>>16&255], blue.codes[p&255], alpha.codes[p>>24]
		gr := uint64(g.bits) | uint64(r.bits)<<g.length
		ba := uint64(b.bits) | uint64(a.bits)<<b.length
		w.put(gr, int(g.length+r.length)) // 15 bits each at most
		w.put(ba, int(b.length+a.length))
	}
}

// putPrefixed writes a length or a distance, whose symbols begin at first.
func (w *dataWriter) putPrefixed(kind, first int, p prefixed) {
	c := w.codes[kind].codes[first+p.symbol]
	w.put(uint64(c.bits), int(c.length))
	w.put(p.extra, p.bits)
}
