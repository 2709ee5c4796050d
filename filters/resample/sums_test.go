package resample

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/disintegration/imaging"
)

// random returns a row of n random samples.
func random(n int) []float32 {
	row := newRow(n)
	for i := range row {
		row[i] = rand.Float32()*300 - 20
	}
	return row
}

func TestConvolveEqualsConvolveGo(t *testing.T) {
	for _, kernel := range []imaging.ResampleFilter{imaging.NearestNeighbor, imaging.Box, imaging.Lanczos} {
		for _, width := range []int{1, 2, 3, 50, 99, 700} {
			for ch := 1; ch <= 4; ch++ {
				src := random(100 * ch)
				columns := contributions(width, 100, 0, 100, kernel)
				got, want := newRow(width*ch), newRow(width*ch)
				convolve(got, src, columns, ch)
				convolveGo(want, src, columns, ch)
				if !slices.Equal(got, want) {
					t.Errorf("support %v, 100 to %d pixels of %d channels: got %v, want %v", kernel.Support, width, ch, got, want)
				}
			}
		}
	}
}

func TestAddEqualsAddGo(t *testing.T) {
	for _, n := range []int{1, 7, 8, 9, 16, 61} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			rows := [batch][]float32{random(n), random(n), random(n), random(n)}
			weights := [batch]float32{0.7, -0.1, 0, 0.4}
			got := random(n)
			want := slices.Clone(got)
			add(got, &rows, &weights)
			addGo(want, &rows, &weights, 0)
			if !slices.Equal(got, want) {
				t.Errorf("got sums %v, want %v", got, want)
			}
		})
	}
}
