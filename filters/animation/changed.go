package animation

import (
	"bytes"
	"encoding/binary"
	"image"
	"math/bits"

	"imgpipe/filters/pixel"
)

// Changed returns the smallest rectangle outside of which two images are the same.
// It is empty if they are the same everywhere. It is all of b if they differ in
// size or layout. The images must be no image.YCbCr.
func Changed(a, b image.Image) image.Rectangle {
	if a == b {
		return image.Rectangle{}
	}
	ra, rb := pixel.StorageOf(a), pixel.StorageOf(b)
	if a.Bounds() != b.Bounds() || ra.Samples != rb.Samples || ra.Depth != rb.Depth {
		return b.Bounds()
	}
	w, size := b.Bounds().Dx(), rb.PixelBytes()
	var changed image.Rectangle
	first, last := w*size, 0 // bytes of a row between which there are changes
	for y := range b.Bounds().Dy() {
		rowA, rowB := ra.Row(y, w), rb.Row(y, w)
		if bytes.Equal(rowA, rowB) {
			continue
		}
		if changed.Max.Y == 0 {
			changed.Min.Y = y
		}
		changed.Max.Y = y + 1
		first = samePrefix(rowA[:first], rowB[:first])
		last += len(rowA) - last - sameSuffix(rowA[last:], rowB[last:])
	}
	changed.Min.X, changed.Max.X = first/size, (last+size-1)/size
	if changed.Max.Y == 0 {
		return image.Rectangle{}
	}
	return changed
}

// samePrefix returns how many bytes are the same at the beginning of a and b, which
// are of one length.
func samePrefix(a, b []byte) int {
	i := 0
	for ; i+8 <= len(a); i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i
}

// sameSuffix returns how many bytes are the same at the end.
func sameSuffix(a, b []byte) int {
	n := 0
	for ; n+8 <= len(a); n += 8 {
		at := len(a) - n - 8
		if x := binary.LittleEndian.Uint64(a[at:]) ^ binary.LittleEndian.Uint64(b[at:]); x != 0 {
			return n + bits.LeadingZeros64(x)/8
		}
	}
	for n < len(a) && a[len(a)-1-n] == b[len(a)-1-n] {
		n++
	}
	return n
}
