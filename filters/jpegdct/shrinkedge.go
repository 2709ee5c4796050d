package jpegdct

import "math"

// A span is what Scale makes of a component in one dimension.
type span struct {
	size  int // in samples of the source, of what the scaled picture shows
	whole int // how many of them are in blocks whose lowest frequencies may be enough
	tiles int // rounded sizes may give a block more than the source has tiles
	ending
}

// An ending says where the last outputs are.
type ending struct {
	// The component has fewer samples than the picture: its last output must be where those of
	// the other components are.
	subsampled bool
	// In a stretched picture, the component has so many outputs, with so many samples from one
	// to the next. Otherwise both are 0, and an output is for n samples.
	outputs int
	step    float64
}

// span returns the span of a component of size samples that becomes one of scaled samples.
// The sizes of the picture are in pixels.
func (s *scaling) span(size, scaled, picture, scaledPicture int) span {
	p := span{size: size, tiles: 1, ending: ending{subsampled: 1 < scaled && scaled < scaledPicture}}
	if s.stretches(picture, scaledPicture) {
		p.outputs, p.step = scaled, float64(picture)/float64(scaledPicture)
		return p
	}
	p.size = min(size, ceilDiv(scaled*s.n, 8)*8)
	p.tiles = ceilDiv(p.size, 8*s.n)
	p.whole = p.size
	if s.n == 8 && p.size%8 > 0 && p.size%64 > 8 {
		p.whole -= 8 // the last output needs a second block
	}
	return p
}

// stretches reports whether a picture whose scaled size is rounded is stretched to that size,
// as kernels do it. That needs all of its samples for each output, so the picture must fit
// into a tile.
func (s *scaling) stretches(picture, scaled int) bool {
	return picture <= 8*s.n && picture != scaled*s.n
}

// hasWhole reports whether some blocks must be taken whole.
func (p *span) hasWhole() bool { return p.whole/8 < ceilDiv(p.size, 8) }

// extent returns the extent of a tile that becomes the given block.
func (p *span) extent(n, tile, block int) extent {
	return extent{min(p.size-tile*8*n, 8*n), tile == 0, tile < block, p.ending}
}

// An extent says, in one dimension, where the picture begins and ends in a tile.
type extent struct {
	size  int  // the first size columns (or rows) of samples are in the picture, 1..8n
	first bool // the picture begins with the tile
	after bool // the block after that of the tile is made, for which the source has no tile
	ending
}

// An edgeFilter is the filter for the tiles in which the picture ends. It takes Lanczos'
// kernel without what is beyond the picture, and its last output is about the last samples.
// Of a subsampled component, that output is extrapolated to its position in the scaled
// picture. Outputs beyond the picture are as the last one.
//
// The samples before the tile are not known. By 1/2 and 1/4 they are predicted from those
// in the tile. By 1/8 they are left out, and outputs before the last are means as in other
// tiles.
type edgeFilter struct {
	n    int
	last int     // the last output
	step float64 // samples from one output to the next
	extent
	samples *predictor // nil if no sample is predicted
}

func newEdgeFilter(n int, e extent) *edgeFilter {
	f := &edgeFilter{n: n, extent: e, last: ceilDiv(e.size, n) - 1, step: float64(n)}
	if e.outputs > 0 {
		f.last, f.step = e.outputs-1, e.step
	}
	if n < 8 && !e.first {
		f.samples = newPredictor(e.size, 3*n)
	}
	return f
}

// weights returns the weights of the samples of the tile in output i.
func (f *edgeFilter) weights(i int) []float64 {
	weights := make([]float64, f.size)
	if i = min(i, f.last); f.after {
		i = f.last
	}
	if f.n == 8 && f.outputs == 0 && f.size >= 8*(i+1) {
		for x := range 8 {
			weights[8*i+x] = 1.0 / 8
		}
		return weights
	}
	centre := f.centre(i) - 0.5 // of the first sample it is 0
	// The weights of samples before the tile, the nearest first.
	before := make([]float64, 3*f.n)
	for x := -len(before); x < f.size; x++ {
		if w := lanczos((float64(x) - centre) / f.step); x >= 0 {
			weights[x] = w
		} else {
			before[-1-x] = w
		}
	}
	if f.samples != nil {
		f.samples.addTo(weights, before)
	}
	if f.size > 1 {
		cancelFinest(weights)
	}
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	for x := range weights {
		weights[x] /= sum
	}
	if f.subsampled && i == f.last {
		f.extrapolate(weights)
	}
	return weights
}

// centre returns the centre of the kernel for output i, in samples from the edge of the tile.
func (f *edgeFilter) centre(i int) float64 {
	size := float64(f.size)
	end := size - float64(f.step/2)
	if f.first {
		end = max(end, size/2)
	}
	return min(f.position(i), end)
}

// position returns where output i is in the scaled picture, in samples from the edge of the
// tile.
func (f *edgeFilter) position(i int) float64 { return f.step * (float64(i) + 0.5) }

// extrapolate changes the weights of the last output, whose sum is 1, so that their mean
// position is that of the output in the scaled picture, or the end of the picture if this is
// before it. The output follows the slope of the last samples: the difference of two means.
// Both means are of an even number of samples, or an even number apart, so that the finest
// pattern adds nothing. By 1/8, the samples are in the last two blocks, which are taken whole.
func (f *edgeFilter) extrapolate(weights []float64) {
	m := min(f.n, 4, f.size/2) &^ 1 // samples of a mean
	apart := m
	switch f.size {
	case 1, 2:
		return
	case 3:
		m, apart = 1, 2
	}
	distance := min(f.position(f.last), float64(f.size)) - 0.5
	for x, w := range weights {
		distance -= float64(w * float64(x))
	}
	change := distance / float64(m*apart)
	for x := range m {
		weights[f.size-1-x] += change
		weights[f.size-1-apart-x] -= change
	}
}

// cancelFinest changes weights, each in proportion to its absolute value, so that what
// alternates from sample to sample becomes 0.
func cancelFinest(weights []float64) {
	left, total := 0.0, 0.0
	for x, w := range weights {
		left += float64(w * float64(1-2*(x&1)))
		total += math.Abs(w)
	}
	for x, w := range weights {
		weights[x] -= left * float64(1-2*(x&1)) * math.Abs(w) / total
	}
}

// lanczos is Lanczos' kernel (three lobes) at x, in samples of the result.
func lanczos(x float64) float64 {
	switch {
	case x == 0:
		return 1
	case math.Abs(x) >= 3:
		return 0
	}
	return 3 * math.Sin(math.Pi*x) * math.Sin(math.Pi*x/3) / (math.Pi * math.Pi * x * x)
}

// A predictor predicts the samples before a line of samples. The prediction has the least
// expected square error for pictures with the covariances of newPredictor.
type predictor struct {
	covariance []float64   // of two samples, by their distance
	factor     [][]float64 // the lower triangle L of the covariance matrix L·Lᵀ of the line
}

// newPredictor makes a predictor of up to so many samples before a line of the given size. A
// constant and patterns with periods of 2, 4 and 8 samples go on, all else fades, and each
// sample has some noise.
func newPredictor(size, before int) *predictor {
	p := &predictor{covariance: make([]float64, size+before)}
	for i := range p.covariance {
		d := float64(i)
		p.covariance[i] = math.Pow(0.95, d) + 1e4
		for _, line := range []struct{ variance, period float64 }{{100, 2}, {10, 4}, {1, 8}} {
			p.covariance[i] += float64(line.variance * math.Cos(2*math.Pi*d/line.period))
		}
	}
	p.covariance[0] += 0.001
	for i := range size { // Cholesky factorisation
		row := make([]float64, i+1)
		p.factor = append(p.factor, row)
		for j := range row {
			row[j] = p.covariance[i-j]
			for k := range j {
				row[j] -= float64(row[k] * p.factor[j][k])
			}
			if i > j {
				row[j] /= p.factor[j][j]
			} else {
				row[j] = math.Sqrt(row[j])
			}
		}
	}
	return p
}

// addTo adds to the weights of the line what the samples before it add if they are predicted.
// before has the weights of those, the nearest first.
func (p *predictor) addTo(weights, before []float64) {
	x := make([]float64, len(weights)) // the covariances of the weighted sum of before
	for i := range x {
		for j, w := range before {
			x[i] += float64(w * p.covariance[i+1+j])
		}
	}
	for i := range x { // forward substitution
		for k := range i {
			x[i] -= float64(p.factor[i][k] * x[k])
		}
		x[i] /= p.factor[i][i]
	}
	for i := len(x) - 1; i >= 0; i-- { // back substitution
		for k := i + 1; k < len(x); k++ {
			x[i] -= float64(p.factor[k][i] * x[k])
		}
		x[i] /= p.factor[i][i]
		weights[i] += x[i]
	}
}
