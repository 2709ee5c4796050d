package resample_test

import (
	"fmt"

	"github.com/disintegration/imaging"

	"imgpipe/filters/resample"
)

// Example halves an image of one row of gray pixels by averages.
func Example() {
	pixels := []float32{0, 100, 200, 255}
	src := resample.Source{Width: 4, Height: 1, Channels: 1, Row: func(y int, dst []float32) { copy(dst, pixels) }}
	half := make([]float32, 2)
	dst := resample.Dest{Width: 2, Height: 1, Row: func(y int, src []float32) { copy(half, src) }}

	resample.Resize(dst, src, resample.Window{Width: 4, Height: 1}, imaging.Box)
	fmt.Println(half)
	// Output: [50 227.5]
}
