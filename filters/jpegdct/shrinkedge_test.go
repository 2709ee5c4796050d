package jpegdct

import (
	"fmt"
	"image"
	"image/draw"
	"math"
	"testing"

	"github.com/disintegration/imaging"
)

// TestEdgeWeights: if the picture ends within a tile, at any sample, what is beyond has no
// weight, a constant stays, and the finest pattern becomes its mean.
func TestEdgeWeights(t *testing.T) {
	for _, n := range []int{2, 4, 8} {
		for size := 1; size < 8*n; size++ {
			outputs, _ := ScaledSize(size, 1, n)
			stretched := ending{outputs: outputs, step: float64(size) / float64(outputs)}
			for _, e := range []extent{
				{size: size}, {size: size, first: true}, {size: size, after: true},
				{size: size, ending: ending{subsampled: true}}, {size: size, after: true, ending: ending{subsampled: true}},
				{size: size, first: true, ending: stretched},
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

// TestStretched: a picture that fits into a tile, and whose size is no multiple of n, is as
// Lanczos' kernel makes it.
func TestStretched(t *testing.T) {
	text := page(128)
	for _, n := range []int{2, 4, 8} {
		for size := 1; size < 8*n; size++ {
			other := 1 + size*5%(8*n-1)
			if size%n == 0 || other%n == 0 {
				continue
			}
			m := image.NewGray(image.Rect(0, 0, size, other))
			draw.Draw(m, m.Rect, text, image.Pt(size*7%60, other*11%60), draw.Src)
			p := &Planes{Width: size, Height: other, ColorSpace: Gray}
			p.Planes = []Plane{{Width: size, Height: other, Stride: size, H: 1, V: 1, Pix: m.Pix}}
			data, err := encoded(p, EncodeOptions{Quality: 100})
			if err != nil {
				t.Fatal(err)
			}
			got := mustScale(t, data, n, 100)
			want := imaging.Resize(m, got.Width, got.Height, imaging.Lanczos)
			for i, v := range tight(got.Planes[0]) {
				if d := int(v) - int(want.Pix[i*4]); d < -12 || d > 12 {
					t.Errorf("%dx%d by 1/%d: sample %d,%d is %d, want %d", size, other, n, i%got.Width, i/got.Width, v, want.Pix[i*4])
				}
			}
		}
	}
}

// TestStretchedChroma: samples of a ramp are those at their positions in the stretched
// picture, or at its end.
func TestStretchedChroma(t *testing.T) {
	for _, h := range []int{1, 2} {
		for _, n := range []int{2, 4, 8} {
			for size := 1; size < 8*n; size++ {
				width, _ := ScaledSize(size, size, n)
				step := float64(size) / float64(width)
				value := func(x float64) float64 { return 40 + 170*x/float64(8*n) }
				data, err := encoded(columnRamp(size, []int{h, 1, 1, 1, 1, 1}, value), EncodeOptions{Quality: 100})
				if err != nil {
					t.Fatal(err)
				}
				for i, c := range mustScale(t, data, n, 100).Planes {
					each := step * float64(h) / float64(c.H) // pixels from one sample to the next
					for x, got := range c.Pix[:c.Width] {
						at := min(each*(float64(x)+0.5), float64(size))
						if c.Width == 1 {
							at = float64(size) / 2
						}
						if want := value(at - 0.5); math.Abs(float64(got)-want) > 8 {
							t.Errorf("%d columns, sampling factor %d, by 1/%d: sample %d of plane %d is %d, want %.1f", size, h, n, x, i+1, got, want)
						}
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
			for _, outputs := range []int{5, 9, 13, 19, 21} {
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
