package resample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/disintegration/imaging"
)

// resizePlain is Resize by definition: every destination sample is a weighted sum of
// the whole source.
func resizePlain(w, h, srcW, srcH, ch int, src []float32, win Window, k imaging.ResampleFilter) []float32 {
	axis := func(n, srcN int, origin, span float64) [][]float64 {
		scale := span / float64(n)
		widen := math.Max(scale, 1)
		all := make([][]float64, n)
		for i := range all {
			all[i] = make([]float64, srcN)
			center, sum := origin+(float64(i)+0.5)*scale, 0.0
			for j := range srcN {
				if d := (float64(j) + 0.5 - center) / widen; math.Abs(d) <= k.Support+1e-12 {
					all[i][j] = k.Kernel(d)
				}
				sum += all[i][j]
			}
			for j := range srcN {
				all[i][j] /= sum
			}
		}
		return all
	}
	columns, rows := axis(w, srcW, win.X, win.Width), axis(h, srcH, win.Y, win.Height)
	dst := make([]float32, w*h*ch)
	for y := range h {
		for x := range w {
			for c := range ch {
				sum := 0.0
				for j, wy := range rows[y] {
					for i, wx := range columns[x] {
						sum += wy * wx * float64(src[(j*srcW+i)*ch+c])
					}
				}
				dst[(y*w+x)*ch+c] = float32(sum)
			}
		}
	}
	return dst
}

func TestResizeEqualsPlain(t *testing.T) {
	kernels := map[string]imaging.ResampleFilter{"lanczos": imaging.Lanczos, "linear": imaging.Linear, "mitchell": imaging.MitchellNetravali}
	for _, size := range [][4]int{{17, 13, 8, 6}, {17, 13, 40, 29}, {64, 1, 1, 1}, {1, 64, 3, 100}, {50, 90, 49, 5}, {9, 70, 9, 35}} {
		for name, k := range kernels {
			for ch := 1; ch <= 4; ch++ {
				srcW, srcH, w, h := size[0], size[1], size[2], size[3]
				for _, win := range []Window{
					{0, 0, float64(srcW), float64(srcH)},
					{0.25 * float64(srcW), 0.1 * float64(srcH), 0.5 * float64(srcW), 0.7 * float64(srcH)},
				} {
					t.Run(fmt.Sprintf("%dx%d to %dx%d %s %d %v", srcW, srcH, w, h, name, ch, win), func(t *testing.T) {
						src := make([]float32, srcW*srcH*ch)
						for i := range src {
							src[i] = float32(rand.IntN(256))
						}
						got := make([]float32, w*h*ch)
						Resize(
							Dest{w, h, func(y int, row []float32) { copy(got[y*w*ch:], row) }},
							Source{srcW, srcH, ch, func(y int, row []float32) { copy(row, src[y*srcW*ch:]) }},
							win, k)
						for i, want := range resizePlain(w, h, srcW, srcH, ch, src, win, k) {
							if math.Abs(float64(got[i]-want)) > 0.01 {
								t.Fatalf("sample %d: got %v, want %v", i, got[i], want)
							}
						}
					})
				}
			}
		}
	}
}

func TestNearestTakesSamples(t *testing.T) {
	src := []float32{10, 20, 30, 40, 50}
	got := make([]float32, 3)
	Resize(
		Dest{3, 1, func(_ int, row []float32) { copy(got, row) }},
		Source{5, 1, 1, func(_ int, row []float32) { copy(row, src) }},
		Window{0, 0, 5, 1}, imaging.NearestNeighbor)
	if got[0] != 10 || got[1] != 30 || got[2] != 50 {
		t.Errorf("5 samples to 3: got %v, want [10 30 50]", got)
	}
}

// BenchmarkHalf scales to half the width and height.
func BenchmarkHalf(b *testing.B) {
	for ch := 1; ch <= 4; ch++ {
		b.Run(fmt.Sprint(ch, "channels"), func(b *testing.B) {
			const w, h = 1024, 768
			b.SetBytes(w * h * int64(ch))
			for b.Loop() {
				Resize(
					Dest{w / 2, h / 2, func(int, []float32) {}},
					Source{w, h, ch, func(int, []float32) {}},
					Window{0, 0, w, h}, imaging.Lanczos)
			}
		})
	}
}

// TestSameOnAnyNumberOfProcessors checks that the result is equal to the last bit for
// any number of bands.
func TestSameOnAnyNumberOfProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	const w, h = 30, 300
	random := rand.New(rand.NewPCG(1, 2))
	source := make([]float32, w*h)
	for i := range source {
		source[i] = float32(random.IntN(256))
	}
	src := Source{Width: w, Height: h, Channels: 1, Row: func(y int, dst []float32) { copy(dst, source[y*w:]) }}
	for _, to := range []int{97, 150, 299, 420} {
		var want []float32
		for _, processors := range []int{1, 2, 3, 4, 7, 8, 16} {
			runtime.GOMAXPROCS(processors)
			got := make([]float32, w*to)
			dst := Dest{Width: w, Height: to, Row: func(y int, row []float32) { copy(got[y*w:], row) }}
			Resize(dst, src, Window{Width: w, Height: h}, imaging.Lanczos)
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d rows: the result with %d processors differs from that with one", to, processors)
			}
		}
	}
}
