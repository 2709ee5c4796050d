package pixel

import (
	"encoding/binary"
	"image"
)

// Flatten composes an image on white, for a format without alpha. The result has
// no alpha sample, or is opaque.
func Flatten(m image.Image) image.Image {
	if _, ok := m.(*image.YCbCr); ok {
		return m
	}
	from := RasterOf(m)
	if !from.Alpha {
		return m
	}
	layout := Layout{m.Bounds().Dx(), m.Bounds().Dy(), from.Samples, from.Depth}
	if from.Samples == 2 {
		layout.Channels = 1
	}
	out := layout.NewImage()
	to := StorageOf(out)
	for y := range layout.Height {
		dst, src := to.Row(y, layout.Width), from.Row(y, layout.Width)
		if from.Depth == 8 {
			onWhite8(dst, src, to.Samples, from.Samples)
		} else {
			onWhite16(dst, src, to.Samples, from.Samples)
		}
	}
	return out
}

// onWhite8 composes a row of pixels of n samples, the last of which is alpha. It
// writes pixels of one sample or of four.
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
