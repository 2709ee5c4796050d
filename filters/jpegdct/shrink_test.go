package jpegdct

import (
	"math"
	"slices"
	"testing"
)

// A pictureModel is what is known of pictures before one is seen, in one dimension: the
// covariance of two samples is 0.95 to the power of their distance, and more for noise
// and for a sine of a frequency in periods per sample.
type pictureModel struct {
	noise float64 // variance of what each sample has of its own
	line  float64 // variance of the sine
	freq  float64 // its frequency
}

func (m pictureModel) covariance(distance float64) float64 {
	r := math.Pow(0.95, math.Abs(distance)) + m.line*math.Cos(2*math.Pi*m.freq*distance)
	if math.Abs(distance) < 1e-9 {
		r += m.noise
	}
	return r
}

// A constraint demands that the filter does with a sine, or if even is set a cosine, about
// the centre of its output what Lanczos' filter does.
type constraint struct {
	freq float64
	even bool
}

// TestShrinkFilters: the tables of weights are what they are said to be.
func TestShrinkFilters(t *testing.T) {
	tests := []struct {
		name        string
		n           int
		table       [4][]float64
		model       pictureModel
		constraints []constraint
	}{
		{"half", 2, halfFilter, pictureModel{noise: 0.01, line: 0.1, freq: 0.2}, []constraint{{0.25, false}}},
		{"quarter", 4, quarterFilter, pictureModel{noise: 0.001}, []constraint{{0.125, false}, {0.25, true}, {0.25, false}}},
	}
	for _, test := range tests {
		for i, got := range test.table {
			want := bestWeights(test.n, i, test.model, test.constraints)
			for x := range want {
				if math.Abs(got[x]-want[x]) > 1e-6 {
					t.Errorf("%s: weight of sample %d in output %d is %.6f, want %.6f", test.name, x, i, got[x], want[x])
				}
			}
		}
	}
}

// bestWeights returns the weights of the 8n samples of a tile in output i that minimise
// the expected square of the difference to Lanczos' filter under the constraints: the
// weights have the sum 1, those of odd samples the sum 1/2, and what constraints say.
func bestWeights(n, i int, m pictureModel, constraints []constraint) []float64 {
	size := 8 * n
	centre := float64(i*n) + float64(n-1)/2
	taps := lanczosTaps(n)
	var equations [][]float64 // the Lagrange system: samples, then constraints, then the right side
	for x := range size {
		row := make([]float64, size)
		right := 0.0
		for y := range row {
			row[y] = m.covariance(float64(x - y))
		}
		for tap, w := range taps {
			right += w * m.covariance(centre+tap-float64(x))
		}
		equations = append(equations, append(row, right))
	}
	demand := func(f func(x float64) float64, right float64) {
		row := make([]float64, len(equations[0])-1)
		for x := range size {
			row[x] = f(float64(x))
			equations[x] = slices.Insert(equations[x], len(equations[x])-1, row[x])
		}
		for r := size; r < len(equations); r++ {
			equations[r] = slices.Insert(equations[r], len(equations[r])-1, 0)
		}
		equations = append(equations, append(row, 0, right))
	}
	demand(func(float64) float64 { return 1 }, 1)
	demand(func(x float64) float64 { return 1 - 2*math.Mod(x, 2) }, 0)
	for _, c := range constraints {
		response := 0.0
		for tap, w := range taps {
			response += w * math.Cos(2*math.Pi*c.freq*tap)
		}
		if c.even {
			demand(func(x float64) float64 { return math.Cos(2 * math.Pi * c.freq * (x - centre)) }, response)
		} else {
			demand(func(x float64) float64 { return math.Sin(2 * math.Pi * c.freq * (x - centre)) }, 0)
		}
	}
	return solve(equations)[:size]
}

// lanczosTaps returns the weights of Lanczos' filter (three lobes) for scaling by 1/n, by
// the distance of a sample from the centre of the output.
func lanczosTaps(n int) map[float64]float64 {
	sinc := func(x float64) float64 { return math.Sin(math.Pi*x) / (math.Pi * x) }
	taps, sum := map[float64]float64{}, 0.0
	for x := 0.5; x < float64(3*n); x++ {
		w := sinc(x/float64(n)) * sinc(x/float64(3*n))
		taps[x], taps[-x] = w, w
		sum += 2 * w
	}
	for x := range taps {
		taps[x] /= sum
	}
	return taps
}

// solve solves linear equations by elimination. Each row has the coefficients and the
// right side.
func solve(a [][]float64) []float64 {
	n := len(a)
	for c := range n {
		pivot := c
		for r := c; r < n; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[pivot][c]) {
				pivot = r
			}
		}
		a[c], a[pivot] = a[pivot], a[c]
		for r := range n {
			if f := a[r][c] / a[c][c]; r != c && f != 0 {
				for k := c; k <= n; k++ {
					a[r][k] -= f * a[c][k]
				}
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = a[i][n] / a[i][i]
	}
	return x
}

// TestScaleAsFilter: Scale gives nearly what the filter gives on the samples. They differ
// by the weak coefficients that Scale leaves out, and by the clamping of samples.
func TestScaleAsFilter(t *testing.T) {
	atLeast := map[int]float64{2: 40, 4: 32, 8: 36}
	largest := 100 << 10
	if testing.Short() {
		largest = 8 << 10
	}
	for name, data := range pictures(t) {
		if scaleRefused[name] != nil || len(data) > largest {
			continue
		}
		full, err := decoded(data, 8)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, n := range []int{2, 4, 8} {
			out, err := scaled(data, n, 100)
			if err != nil {
				t.Fatalf("%s by 1/%d: %v", name, n, err)
			}
			got, err := decoded(out, 8)
			if err != nil {
				t.Fatalf("%s by 1/%d: %v", name, n, err)
			}
			for i, c := range got.Planes {
				want := shrunk(full, i, n, c.Width, c.Height)
				if db := psnr(tight(c), want); db < atLeast[n] {
					t.Errorf("%s by 1/%d: PSNR of plane %d against the filter on samples is %.1f dB, want %.0f", name, n, i+1, db, atLeast[n])
				}
			}
		}
	}
}

// TestScaleBeyondSource: rounded sizes may give a component with 3/4 of the largest
// sampling factor a row or column of blocks for which the source has no tile.
func TestScaleBeyondSource(t *testing.T) {
	samplings := map[string][]int{
		"one scan":            {1, 4, 1, 3, 1, 1},
		"one scan, columns":   {4, 1, 3, 1, 1, 1},
		"a scan by component": {4, 4, 3, 3, 1, 1},
	}
	for name, sampling := range samplings {
		for _, n := range []int{2, 4, 8} {
			size := 10*n + n/2 // 10.5, scaled; 3/4 of 11 samples are 9
			p := gradient(size, sampling)
			data, err := encoded(p, EncodeOptions{Quality: 100})
			if err != nil {
				t.Fatal(err)
			}
			out, err := scaled(data, n, 100)
			if err != nil {
				t.Fatal(err)
			}
			got, err := decoded(out, 8)
			if err != nil {
				t.Errorf("%s by 1/%d: %v", name, n, err)
				continue
			}
			for i, c := range got.Planes {
				if d := maxDiff(tight(c), shrunk(p, i, n, c.Width, c.Height)); d > 2 {
					t.Errorf("%s by 1/%d: samples of plane %d differ by up to %d from the filter's, want at most 2", name, n, i+1, d)
				}
			}
		}
	}
}

// gradient returns a picture of size x size pixels that becomes brighter to the lower
// right. sampling has the two factors of each component; the first has the largest.
func gradient(size int, sampling []int) *Planes {
	p := &Planes{Width: size, Height: size, ColorSpace: YCbCr}
	hmax, vmax := sampling[0], sampling[1]
	for i := 0; i < len(sampling); i += 2 {
		c := Plane{H: sampling[i], V: sampling[i+1]}
		c.Width, c.Height = ceilDiv(size*c.H, hmax), ceilDiv(size*c.V, vmax)
		c.Stride = c.Width
		for y := range c.Height {
			for x := range c.Width {
				c.Pix = append(c.Pix, byte(20+(x*hmax/c.H+2*y*vmax/c.V)*70/size))
			}
		}
		p.Planes = append(p.Planes, c)
	}
	return p
}

// shrunk is the plain twin of Scale: the filter on the samples of plane i. The result has
// width x height samples.
func shrunk(of *Planes, i, n, width, height int) []byte {
	s, p := newScaling(n), of.Planes[i]
	w, h := ScaledSize(of.Width, of.Height, n)
	columns, rows := s.span(p.Width, width, of.Width, w), s.span(p.Height, height, of.Height, h)
	across := make([][]float64, p.Height) // by row: filtered horizontally
	for y := range across {
		across[y] = shrunkLine(s, columns, width, func(x int) float64 { return float64(p.Pix[y*p.Stride+x]) })
	}
	pix := make([]byte, width*height)
	for x := range width {
		column := shrunkLine(s, rows, height, func(y int) float64 { return across[y][x] })
		for y, v := range column {
			pix[y*width+x] = uint8(min(max(math.Round(v), 0), 255))
		}
	}
	return pix
}

// shrunkLine filters a row or column of samples to so many outputs.
func shrunkLine(s *scaling, p span, outputs int, sample func(int) float64) []float64 {
	line := make([]float64, outputs)
	for o := range line {
		block := o / 8
		tile := min(block, p.tiles-1)
		for x, w := range s.weights(p.extent(s.n, tile, block))[o%8] {
			if w != 0 {
				line[o] += w * sample(tile*8*s.n+x)
			}
		}
	}
	return line
}

// TestScalePatterns: the finest patterns become one value. What is left of those of low
// contrast is due to the weak coefficients that Scale leaves out.
func TestScalePatterns(t *testing.T) {
	patterns := map[string]func(x, y int) int{
		"rows":     func(_, y int) int { return y & 1 },
		"columns":  func(x, _ int) int { return x & 1 },
		"checkers": func(x, y int) int { return (x + y) & 1 },
	}
	for name, pattern := range patterns {
		for _, contrast := range []int{20, 60, 120, 250} {
			p := &Planes{Width: 128, Height: 128, ColorSpace: Gray, Planes: []Plane{{Width: 128, Height: 128, Stride: 128, H: 1, V: 1, Pix: make([]byte, 128*128)}}}
			for i := range p.Planes[0].Pix {
				p.Planes[0].Pix[i] = byte(128 + contrast*(2*pattern(i%128, i/128)-1)/2)
			}
			data, err := encoded(p, EncodeOptions{Quality: 90})
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range []int{2, 4, 8} {
				pix := tight(mustScale(t, data, n, 90).Planes[0])
				if least, most := slices.Min(pix), slices.Max(pix); most-least > 8 {
					t.Errorf("%s of contrast %d by 1/%d: samples are %d to %d, want one value up to 8", name, contrast, n, least, most)
				}
			}
		}
	}
}
