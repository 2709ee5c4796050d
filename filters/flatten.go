package filters

import (
	"encoding/binary"
	"image"
)

// flatten composes a Frame's image on white, for a format without alpha. What
// comes out has no place for it, or is opaque.
func flatten(m image.Image) image.Image {
	if _, ok := m.(*image.YCbCr); ok {
		return m
	}
	from := rasterOf(m)
	if !from.alpha {
		return m
	}
	form := rowForm{m.Bounds().Size(), from.size, from.depth}
	if from.size == 2 {
		form.channels = 1
	}
	out, _ := form.image()
	to := rasterOf(out)
	for y := range form.size.Y {
		dst, src := to.pix[y*to.stride:][:to.stride], from.pix[y*from.stride:]
		if from.depth == 8 {
			onWhite8(dst, src, to.size, from.size)
		} else {
			onWhite16(dst, src, to.size, from.size)
		}
	}
	return out
}

// onWhite8 composes a row of pixels of n samples, the last of which is alpha,
// to pixels of one sample, or of four.
func onWhite8(dst, src []uint8, to, n int) {
	for i, j := 0, 0; i < len(dst); i, j = i+to, j+n {
		a := uint32(src[j+n-1])
		for k := range n - 1 {
			dst[i+k] = uint8((uint32(src[j+k])*a + 255*(255-a) + 127) / 255)
		}
		if to == 4 {
			dst[i+3] = 255
		}
	}
}

// onWhite16 is onWhite8 for samples of two bytes.
func onWhite16(dst, src []uint8, to, n int) {
	be := binary.BigEndian
	for i, j := 0, 0; i < len(dst); i, j = i+2*to, j+2*n {
		a := uint64(be.Uint16(src[j+2*n-2:]))
		for k := range n - 1 {
			v := uint64(be.Uint16(src[j+2*k:]))
			be.PutUint16(dst[i+2*k:], uint16((v*a+65535*(65535-a)+32767)/65535))
		}
		if to == 4 {
			be.PutUint16(dst[i+6:], 65535)
		}
	}
}
