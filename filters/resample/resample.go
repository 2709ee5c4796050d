// Package resample scales images by separable convolution: it filters each row
// horizontally, then adds weighted rows.
//
// The caller provides the rows of the source and takes the rows of the destination,
// both as float32 samples of any range. So one code serves all bit depths and pixel
// layouts. The caller premultiplies colours by alpha where there is alpha.
package resample

import (
	"math"
	"runtime"
	"sync"

	"github.com/disintegration/imaging"
)

// A Source is the image to scale.
type Source struct {
	Width, Height int // in pixels, at least 1
	Channels      int // samples per pixel, 1 to 4; the samples of a pixel stand together

	// Row writes the Width * Channels samples of row y to dst. Several goroutines
	// call Row at the same time.
	Row func(y int, dst []float32)
}

// A Dest is the image to make. It has as many channels as the source.
type Dest struct {
	Width, Height int // in pixels, at least 1

	// Row takes the Width * Channels samples of row y, and must not keep src. Samples
	// may lie outside the range of the source's samples, because kernels with negative
	// lobes overshoot. Row is called once for each row, in any order, by several
	// goroutines at the same time.
	Row func(y int, src []float32)
}

// A Window is the part of the source that is scaled to the destination, in source
// pixels. The whole source is Window{0, 0, Width, Height}; the centre of its first
// pixel is at (0.5, 0.5). Pixels outside the window contribute to the destination
// where the kernel reaches them.
type Window struct{ X, Y, Width, Height float64 }

// Resize scales a window of src to dst with a kernel. To shrink, it widens the kernel
// by the scale factor. At the edges of the source it leaves out the part of the
// kernel outside and normalises the rest. A kernel whose Support is 0 takes the nearest
// sample. The result does not depend on the number of processors.
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

// Cost estimates the memory in bytes that Resize allocates to scale a window of a
// source srcWidth pixels wide to width x height pixels, with 4 channels.
func Cost(srcWidth, width, height int, win Window, kernel imaging.ResampleFilter) int64 {
	contributionBytes := func(n int, span float64) int64 {
		taps := float64(2*kernel.Support*max(span/float64(n), 1)) + 2
		return int64(n) * (24 + 8 + int64(4*taps))
	}
	sumRows := float64(2*kernel.Support*max(float64(height)/win.Height, 1)) + 2 + batch
	return contributionBytes(width, win.Width) + contributionBytes(height, win.Height) +
		int64(runtime.GOMAXPROCS(0))*4*4*(int64(srcWidth)+int64(sumRows)*int64(width))
}

// A contribution holds the weights of the source samples for one destination sample,
// along one axis. weights[i] belongs to source sample start+i.
type contribution struct {
	start   int
	weights []float32
}

func (c contribution) end() int { return c.start + len(c.weights) }

// contributions returns the contributions along one axis, for n destination samples
// that cover span source samples from origin on. The source has srcN samples.
func contributions(n, srcN int, origin, span float64, kernel imaging.ResampleFilter) []contribution {
	scale := span / float64(n)
	widen := max(scale, 1)
	support := float64(kernel.Support * widen)
	all := make([]contribution, n)
	for i := range all {
		center := origin + float64((float64(i)+0.5)*scale)
		if kernel.Support <= 0 {
			all[i] = contribution{clamp(int(math.Floor(center)), srcN), []float32{1}}
			continue
		}
		center -= 0.5 // from now on an integer is the centre of a pixel
		first := max(int(math.Ceil(center-support)), 0)
		last := min(int(math.Floor(center+support)), srcN-1)
		weights, sum := make([]float64, 0, max(last-first+1, 1)), 0.0
		for j := first; j <= last; j++ {
			w := kernel.Kernel((float64(j) - center) / widen)
			weights, sum = append(weights, w), sum+w
		}
		if sum == 0 { // the support is too small to reach a sample
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

// clamp limits i to the range 0 to n-1.
func clamp(i, n int) int { return max(0, min(i, n-1)) }

// A resizer holds what the goroutines of one Resize share. They only read it.
type resizer struct {
	dst           Dest
	src           Source
	columns, rows []contribution
}

// batch is how many source rows are added to a destination row at a time, to save
// loads and stores of the sums.
const batch = 4

// band makes the destination rows from y0 up to but not including y1.
//
// It reads each source row once, scales it horizontally, and adds it to the sums of
// the destination rows that it contributes to. A sum exists only from the first to
// the last source row of its destination row. A batch begins at a source row that is
// a multiple of batch, so that the rounding of a sum does not depend on the band.
func (r *resizer) band(y0, y1 int) {
	var (
		ch     = r.src.Channels
		raw    = newRow(r.src.Width * ch)
		scaled [batch][]float32
		sums   [][]float32 // of destination rows y0, y0+1, and so on
		spare  [][]float32 // zeroed, for new sums
	)
	for i := range scaled {
		scaled[i] = newRow(r.dst.Width * ch)
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
			weights := r.rows[y].batchWeights(top)
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

// batchWeights returns the weights for the batch of source rows that begins at row
// top.
func (c contribution) batchWeights(top int) (w [batch]float32) {
	for i := range w {
		if j := top + i - c.start; j >= 0 && j < len(c.weights) {
			w[i] = c.weights[j]
		}
	}
	return w
}
