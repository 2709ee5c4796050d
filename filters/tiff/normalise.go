package tiff

import (
	"image"
	"math/bits"

	"imgpipe/filters/meta"
)

// normalise changes a page in the file to one that x/image/tiff, which ignores
// FillOrder and which compression a predictor goes with, reads as libtiff reads the
// page. Strips that overlap are an error where bits are reversed: each of them could
// be as long as the file.
func (r *Reader) normalise(ifd int, s storage) error {
	var offsets, counts meta.Entry
	reversed := false
	for e := range r.data.Entries(ifd) {
		switch e.Tag() {
		case tagPredictor: // section 14: of LZW, and of Deflate since
			if s.compression != compressionLZW && s.compression != compressionDeflate && s.compression != compressionZip {
				e.SetInt(1)
			}
		case tagFillOrder:
			reversed = e.Int() == fillOrderReversed
		case tagStripOffsets, tagTileOffsets:
			offsets = e
		case tagStripByteCounts, tagTileByteCounts:
			counts = e
		}
	}
	// x/image/tiff knows the fill order of fax data.
	if !reversed || s.isFax() || offsets.Raw() == nil || counts.Raw() == nil {
		return nil
	}
	for i := range min(offsets.Count(), counts.Count()) {
		at, ok := r.value(offsets, i)
		n, ok2 := r.value(counts, i)
		if !ok || !ok2 {
			return nil // the page is truncated
		}
		if r.flipped[at] || at > len(r.data) {
			continue
		}
		r.flipped[at] = true
		strip := r.data[at:min(at+n, len(r.data))]
		if r.reversed += len(strip); r.reversed > len(r.data) {
			return corrupt("its strips overlap")
		}
		for k, b := range strip {
			strip[k] = bits.Reverse8(b)
		}
	}
	return nil
}

// value returns the value of index i of an entry of SHORTs or LONGs; ok is false if it
// lies behind the end of the file.
func (r *Reader) value(e meta.Entry, i int) (v int, ok bool) {
	size := 2
	if e.Type() == meta.TypeLong {
		size = 4
	}
	from := []byte(r.data)
	at := e.Offset() + i*size
	if e.Count()*size <= 4 {
		from, at = e.Raw(), 8+i*size
	}
	if at+size > len(from) {
		return 0, false
	}
	if size == 4 {
		return int(r.data.Order().Uint32(from[at:])), true
	}
	return int(r.data.Order().Uint16(from[at:])), true
}

// invert makes black white. x/image/ccitt makes white runs white in every photometric
// interpretation. libtiff makes them zeros, and BlackIsZero shows zeros as black.
func invert(m image.Image) {
	if gray, ok := m.(*image.Gray); ok {
		for i := range gray.Pix {
			gray.Pix[i] = ^gray.Pix[i]
		}
	}
}

// clampToAlpha makes no premultiplied colour larger than its alpha. Larger ones are not
// valid, and overflow where they are divided by alpha.
func clampToAlpha(m image.Image) {
	switch m := m.(type) {
	case *image.RGBA:
		for p := m.Pix; len(p) >= 4; p = p[4:] {
			p[0], p[1], p[2] = min(p[0], p[3]), min(p[1], p[3]), min(p[2], p[3])
		}
	case *image.RGBA64:
		for p := m.Pix; len(p) >= 8; p = p[8:] {
			for i := 0; i < 6; i += 2 {
				if p[i] > p[6] || p[i] == p[6] && p[i+1] > p[7] {
					p[i], p[i+1] = p[6], p[7]
				}
			}
		}
	}
}
