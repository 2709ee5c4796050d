package jpegdct

import (
	"fmt"
	"math"
	"testing"
)

// TestEdgeWeights: if the picture ends within a tile, at any sample, what is beyond has no
// weight, a constant stays, and the finest pattern becomes its mean.
func TestEdgeWeights(t *testing.T) {
	for _, n := range []int{2, 4, 8} {
		for size := 1; size < 8*n; size++ {
			for _, e := range []extent{
				{size: size}, {size: size, first: true}, {size: size, after: true},
				{size: size, subsampled: true}, {size: size, after: true, subsampled: true},
			} {
				for i, weights := range newScaling(n).weights(e) {
					name := fmt.Sprintf("1/%d, %+v, output %d", n, e, i)
					sum, alternating := 0.0, 0.0
					for x, w := range weights {
						sum += w
						alternating += w * float64(1-2*(x&1))
						if x >= size && w != 0 {
							t.Errorf("%s: sample %d, which is beyond the edge, has a weight of %.3f", name, x, w)
						}
					}
					if math.Abs(sum-1) > 1e-9 {
						t.Errorf("%s: the sum of the weights is %.6f, want 1", name, sum)
					}
					if size > 1 && math.Abs(alternating) > 1e-9 {
						t.Errorf("%s: %.6f is left of the finest pattern, want 0", name, alternating)
					}
				}
			}
		}
	}
}

// TestEdgeOfRamp: samples of a ramp that ends within one are those at their positions in the
// scaled picture. The width is n times an odd number, so that the last of chroma lies half
// beyond the picture.
func TestEdgeOfRamp(t *testing.T) {
	for name, sampling := range map[string][]int{"4:2:0": {2, 2, 1, 1, 1, 1}, "4:2:2": {2, 1, 1, 1, 1, 1}} {
		for _, n := range []int{2, 4, 8} {
			for _, outputs := range []int{5, 9, 13, 21} {
				size := n * outputs
				value := func(x float64) float64 { return 40 + 170*x/float64(size) }
				data, err := encoded(columnRamp(size, sampling, value), EncodeOptions{Quality: 100})
				if err != nil {
					t.Fatal(err)
				}
				for i, c := range mustScale(t, data, n, 100).Planes {
					step := float64(n * 2 / c.H)
					last := float64(c.Width-1)*step + (step-1)/2
					got, want := float64(c.Pix[c.Width-1]), value(last)
					if math.Abs(got-want) > 3 {
						t.Errorf("%s, %d columns by 1/%d: the last sample of plane %d is %.0f, want %.1f", name, size, n, i+1, got, want)
					}
				}
			}
		}
	}
}

// columnRamp returns a picture of size x size pixels with the given value at each column x.
// sampling has the two factors of each component; the first has the largest.
func columnRamp(size int, sampling []int, value func(x float64) float64) *Planes {
	p := gradient(size, sampling)
	for _, c := range p.Planes {
		step := float64(sampling[0] / c.H)
		for i := range c.Pix {
			c.Pix[i] = byte(math.Round(value(float64(i%c.Stride)*step + (step-1)/2)))
		}
	}
	return p
}

// TestEdgePrediction: a constant and patterns with periods of 2, 4 and 8 samples go on in the
// samples before a line that are predicted.
func TestEdgePrediction(t *testing.T) {
	const size = 24
	p := newPredictor(size, 6)
	for _, period := range []float64{math.Inf(1), 2, 4, 8} {
		for j := range 6 {
			weights, before := make([]float64, size), make([]float64, 6)
			before[j] = 1
			p.addTo(weights, before)
			pattern := func(x int) float64 { return math.Cos(2*math.Pi*float64(x)/period + 0.3) }
			got, want := 0.0, pattern(-1-j)
			for x, w := range weights {
				got += w * pattern(x)
			}
			if math.Abs(got-want) > 0.05 {
				t.Errorf("period %.0f: sample %d before the line is predicted as %.3f, want %.3f", period, j+1, got, want)
			}
		}
	}
}
