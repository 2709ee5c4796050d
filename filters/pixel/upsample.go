package pixel

import "image"

// SamplingFactors returns how many pixels share one chroma sample, horizontally
// and vertically.
func SamplingFactors(r image.YCbCrSubsampleRatio) (h, v int) {
	switch r {
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	case image.YCbCrSubsampleRatio411:
		return 4, 1
	case image.YCbCrSubsampleRatio410:
		return 4, 2
	}
	return 1, 1
}

// An Upsampler gives the rows of a component at the image's resolution. A
// component of half the image's width or height is interpolated in the way and
// with the rounding of libjpeg's "fancy upsampling"; any other is repeated.
type Upsampler struct {
	pix           []uint8
	stride        int
	width, height int // of the component
	h, v          int // pixels to a sample
	sums          []int32
	out           []uint8
}

// NewUpsampler returns an Upsampler of a component of the given size, in
// samples, of which each covers h x v pixels.
func NewUpsampler(pix []uint8, stride int, size image.Point, h, v int) *Upsampler {
	return &Upsampler{pix, stride, size.X, size.Y, h, v, make([]int32, size.X), make([]uint8, size.X*h)}
}

// Row returns what belongs to row y of the image; valid until the next call.
func (u *Upsampler) Row(y int) []uint8 {
	near := u.pix[y/u.v*u.stride:][:u.width]
	far := near
	if u.v == 2 {
		far = u.pix[min(max(y/2-1+y%2*2, 0), u.height-1)*u.stride:][:u.width]
	}
	switch {
	case u.h == 1 && u.v == 1:
		return near
	case u.h == 1 && u.v == 2:
		for x := range u.out {
			u.out[x] = uint8((3*int32(near[x]) + int32(far[x]) + 1 + int32(y%2)) >> 2)
		}
	case u.h == 2 && u.v == 1 && u.width > 2:
		for x := range u.sums {
			u.sums[x] = int32(near[x])
		}
		u.spread(1, 2, 2)
	case u.h == 2 && u.v == 2 && u.width > 2:
		for x := range u.sums {
			u.sums[x] = 3*int32(near[x]) + int32(far[x])
		}
		u.spread(8, 7, 4)
	default:
		for x := range u.out {
			u.out[x] = near[x/u.h]
		}
	}
	return u.out
}

// spread doubles a row: each sample is three parts of the nearest sum and one
// part of the next nearest, rounded by adding left or right before the shift.
func (u *Upsampler) spread(left, right int32, shift uint) {
	last := len(u.sums) - 1
	for x, s := range u.sums {
		before, behind := u.sums[max(x-1, 0)], u.sums[min(x+1, last)]
		u.out[2*x] = uint8((3*s + before + left) >> shift)
		u.out[2*x+1] = uint8((3*s + behind + right) >> shift)
	}
}
