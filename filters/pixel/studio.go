package pixel

import "image"

// FromStudio converts what VP8 holds: BT.601 in studio range (luma 16 to 235,
// chroma 16 to 240), with chroma of half the size in both directions (RFC 6386,
// section 9.2). An image.YCbCr is otherwise of full range. Chroma is
// interpolated, and the arithmetic is in 1/16384, both rounded as libwebp does,
// so that the pixels are the same as libwebp's.
func FromStudio(m *image.YCbCr) *image.NRGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	cw, ch := (w+1)/2, (h+1)/2
	Parallel(h, func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			near, far := y/2*m.CStride, min(max(y/2+y%2*2-1, 0), ch-1)*m.CStride
			cbNear, cbFar, crNear, crFar := m.Cb[near:], m.Cb[far:], m.Cr[near:], m.Cr[far:]
			dst := out.Pix[y*out.Stride:][:4*w]
			for x, luma := range m.Y[y*m.YStride:][:w] {
				i, j := x/2, min(max(x/2+x%2*2-1, 0), cw-1)
				cb := int32(9*int(cbNear[i])+3*int(cbNear[j])+3*int(cbFar[i])+int(cbFar[j])+8) >> 4
				cr := int32(9*int(crNear[i])+3*int(crNear[j])+3*int(crFar[i])+int(crFar[j])+8) >> 4
				l := int32(luma) * 19077 >> 8
				dst[4*x] = clip6(l + cr*26149>>8 - 14234)
				dst[4*x+1] = clip6(l - cb*6419>>8 - cr*13320>>8 + 8708)
				dst[4*x+2] = clip6(l + cb*33050>>8 - 17685)
				dst[4*x+3] = 255
			}
		}
	})
	return out
}

// FromStudioAlpha is FromStudio for an image with alpha.
func FromStudioAlpha(m *image.NYCbCrA) *image.NRGBA {
	out := FromStudio(&m.YCbCr)
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.Pix[y*out.Stride+4*x+3] = m.A[y*m.AStride+x]
		}
	}
	return out
}

// clip6 drops six fraction bits and clamps.
func clip6(v int32) uint8 { return uint8(max(0, min(v>>6, 255))) }
