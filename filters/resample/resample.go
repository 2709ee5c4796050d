// Package resample scales rows of samples by separable convolution. It knows
// nothing of images: its caller gives and takes rows of floats, so that every
// depth and number of channels goes the same way, and premultiplies alpha.
package resample

import (
	"math"
	"runtime"
	"sync"

	"github.com/disintegration/imaging"
)

// A Source is the picture to scale: Height rows of Width pixels.
type Source struct {
	Width, Height int
	Channels      int // samples of a pixel, 1 to 4, interleaved

	// Row fills dst with row y's Width * Channels samples. It's called from
	// several goroutines at once.
	Row func(y int, dst []float32)
}

// A Dest is the picture to make: Height rows of Width pixels with the source's
// channels.
type Dest struct {
	Width, Height int

	// Row takes row y's Width * Channels samples. They may lie outside the
	// source's range (kernels with negative lobes overshoot). It's called from
	// several goroutines at once, once for each row, in no order.
	Row func(y int, src []float32)
}

// A Window is the part of the source that becomes the destination, in source
// pixels: (0, 0, Width, Height) is all of it, and 0.5 is the middle of the
// first pixel. Samples outside the window but inside the source count.
type Window struct{ X, Y, Width, Height float64 }

// Resize scales the window of src to dst with the given kernel. Where it
// shrinks, the kernel is widened by the same factor; at the picture's edge the
// part of the kernel that lies outside is left out and the rest normalised.
func Resize(dst Dest, src Source, win Window, kernel imaging.ResampleFilter) {
	r := resizer{
		dst: dst, src: src,
		columns: contributions(dst.Width, src.Width, win.X, win.Width, kernel),
		rows:    contributions(dst.Height, src.Height, win.Y, win.Height, kernel),
	}
	bands := min(runtime.GOMAXPROCS(0), (dst.Height+15)/16)
	var wg sync.WaitGroup
	for i := range bands {
		wg.Go(func() { r.band(i*dst.Height/bands, (i+1)*dst.Height/bands) })
	}
	wg.Wait()
}

// Cost is about what Resize takes for itself, in bytes, to scale a window of a
// picture srcWidth pixels wide to width x height, in four channels.
func Cost(srcWidth, width, height int, win Window, kernel imaging.ResampleFilter) int64 {
	axis := func(n int, span float64) int64 {
		taps := 2*kernel.Support*max(span/float64(n), 1) + 2
		return int64(n) * (24 + 8 + int64(4*taps))
	}
	rows := 2*kernel.Support*max(float64(height)/win.Height, 1) + 2 + batch
	return axis(width, win.Width) + axis(height, win.Height) +
		int64(runtime.GOMAXPROCS(0))*4*4*(int64(srcWidth)+int64(rows)*int64(width))
}

// A contribution says which source samples make one destination sample: weight
// i goes to source sample start+i.
type contribution struct {
	start   int
	weights []float32
}

func (c contribution) end() int { return c.start + len(c.weights) }

// contributions computes one axis: n destination samples from the span of
// source samples that begins at origin.
func contributions(n, srcN int, origin, span float64, kernel imaging.ResampleFilter) []contribution {
	scale := span / float64(n)
	widen := max(scale, 1)
	support := kernel.Support * widen
	all := make([]contribution, n)
	for i := range all {
		center := origin + (float64(i)+0.5)*scale
		if kernel.Support <= 0 {
			all[i] = contribution{clamp(int(math.Floor(center)), srcN), []float32{1}}
			continue
		}
		center -= 0.5 // of a pixel's middle
		first := max(int(math.Ceil(center-support)), 0)
		last := min(int(math.Floor(center+support)), srcN-1)
		weights, sum := make([]float64, 0, max(last-first+1, 1)), 0.0
		for j := first; j <= last; j++ {
			w := kernel.Kernel((float64(j) - center) / widen)
			weights, sum = append(weights, w), sum+w
		}
		if sum == 0 { // a support too small to reach any sample
			all[i] = contribution{clamp(int(math.Round(center)), srcN), []float32{1}}
			continue
		}
		c := contribution{first, make([]float32, len(weights))}
		for j, w := range weights {
			c.weights[j] = float32(w / sum)
		}
		all[i] = c
	}
	return all
}

func clamp(i, n int) int { return max(0, min(i, n-1)) }

type resizer struct {
	dst           Dest
	src           Source
	columns, rows []contribution
}

// batch is how many source rows are added to a destination row at a time: each
// load and store of a sum then does the work of four.
const batch = 4

// band makes destination rows y0 to y1. Source rows are read once each, in
// batches, scaled horizontally, and added to the sums of the destination rows
// they contribute to; a sum lives only as long as its row wants more. Batches begin
// at multiples of their size, so that no sum's rounding depends on its band.
func (r *resizer) band(y0, y1 int) {
	var (
		ch     = r.src.Channels
		raw    = samples(r.src.Width * ch)
		scaled [batch][]float32
		sums   [][]float32 // of rows y0, y0+1, …, that have begun
		spare  [][]float32
	)
	for i := range scaled {
		scaled[i] = samples(r.dst.Width * ch)
	}
	last := r.rows[y1-1].end()
	for top := r.rows[y0].start / batch * batch; y0 < y1; top += batch {
		bottom := min(top+batch, last)
		for y := top; y < bottom; y++ {
			r.src.Row(y, raw)
			convolve(scaled[y-top], raw, r.columns, ch)
		}
		for y := y0; y < y1 && r.rows[y].start < bottom; y++ {
			if y-y0 == len(sums) {
				if len(spare) == 0 {
					spare = append(spare, make([]float32, r.dst.Width*ch))
				}
				sums = append(sums, spare[len(spare)-1])
				spare = spare[:len(spare)-1]
			}
			sum := sums[y-y0]
			weights := r.rows[y].at(top)
			add(sum, &scaled, &weights)
			if y == y0 && r.rows[y].end() <= bottom {
				r.dst.Row(y, sum)
				clear(sum)
				spare = append(spare, sum)
				sums = sums[1:]
				y0++
			}
		}
	}
}

// at gives the weights of the batch of source rows that begins at top.
func (c contribution) at(top int) (w [batch]float32) {
	for i := range w {
		if j := top + i - c.start; j >= 0 && j < len(c.weights) {
			w[i] = c.weights[j]
		}
	}
	return w
}
