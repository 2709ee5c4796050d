package filters

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"os"
	"testing"
)

const responseFile = "../testdata/response.svg"

// TestResponse measures how much of sines of all frequencies is left when Scale halves and
// quarters a JPEG by its coefficients, and compares it with the responses of a mean of
// n x n pixels, as djpeg takes it, and of Lanczos' kernel. The plot is
// testdata/response.svg; -update draws it anew.
func TestResponse(t *testing.T) {
	const steps = 64
	var plot bytes.Buffer
	fmt.Fprintln(&plot, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 310" font-family="sans-serif" font-size="11">`)
	fmt.Fprintln(&plot, `<rect width="760" height="310" fill="#fff"/>`)
	for panel, n := range []int{2, 4} {
		var ours, mean, lanczos [steps]float64 // by frequency: 1/2 * (i+1)/steps periods per sample
		for i := range steps {
			f := float64(i+1) / (2 * steps)
			ours[i] = measuredResponse(t, n, f)
			mean[i] = math.Abs(math.Sin(math.Pi*float64(n)*f) / (float64(n) * math.Sin(math.Pi*f)))
			lanczos[i] = lanczosResponse(n, f)
			// The last fifth of the frequencies that the result can show is left out.
			passed, apart := 0.4/float64(n), 0.05*float64(n)
			if d := ours[i] - lanczos[i]; f <= passed && math.Abs(d) > apart {
				t.Errorf("1/%d: response at %.3f is %.2f, Lanczos' is %.2f", n, f, ours[i], lanczos[i])
			}
		}
		if last := ours[steps-1]; last > 0.02 {
			t.Errorf("1/%d: response at 1/2, the finest pattern, is %.3f, want 0.02 at most", n, last)
		}
		x := 60 + 360*float64(panel)
		drawAxes(&plot, x, fmt.Sprintf("1/%d", n))
		drawCurve(&plot, x, "#2a7", lanczos[:])
		drawCurve(&plot, x, "#c63", mean[:])
		drawCurve(&plot, x, "#15c", ours[:])
	}
	for i, legend := range [][2]string{{"#15c", "imgscale"}, {"#c63", "djpeg -scale (mean of n x n)"}, {"#2a7", "Lanczos"}} {
		fmt.Fprintf(&plot, `<rect x="%d" y="294" width="14" height="4" fill="%s"/><text x="%d" y="300">%s</text>`+"\n", 60+220*i, legend[0], 80+220*i, legend[1])
	}
	fmt.Fprintln(&plot, "</svg>")
	if *update {
		if err := os.WriteFile(responseFile, plot.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(responseFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(plot.Bytes(), want) {
		t.Errorf("%s is not what was measured: go test ./filters -run Response -update", responseFile)
	}
}

// measuredResponse scales a sine of the frequency f, in periods per pixel, in some phases.
// It returns the root of the power that is left.
func measuredResponse(t *testing.T, n int, f float64) float64 {
	t.Helper()
	const size, amplitude = 256, 100
	power := 0.0
	for phase := range 4 {
		m := image.NewGray(image.Rect(0, 0, size, 16*n))
		for i := range m.Pix {
			m.Pix[i] = uint8(math.Round(128 + amplitude*math.Cos(2*math.Pi*f*float64(i%size)+float64(phase)*math.Pi/4)))
		}
		out := run(t, jpegOf(t, m, 98), Scale{Factor: Factor{1, int64(n)}}, Options{}).Frames[0].Image.(*image.Gray)
		row := out.Pix[8*out.Stride:][16/n : (size-16)/n] // without the edges
		for _, v := range row {
			power += (float64(v) - 128) * (float64(v) - 128) / float64(4*len(row))
		}
	}
	return math.Sqrt(2*power) / amplitude
}

// lanczosResponse is the response of Lanczos' kernel (three lobes) that scales by 1/n.
func lanczosResponse(n int, f float64) float64 {
	sinc := func(x float64) float64 { return math.Sin(math.Pi*x) / (math.Pi * x) }
	sum, weights := 0.0, 0.0
	for x := 0.5; x < float64(3*n); x++ {
		w := sinc(x/float64(n)) * sinc(x/float64(3*n))
		sum += w * math.Cos(2*math.Pi*f*x)
		weights += w
	}
	return math.Abs(sum / weights)
}

// drawAxes draws the axes of a plot whose left edge is at x.
func drawAxes(w *bytes.Buffer, x float64, title string) {
	fmt.Fprintf(w, `<text x="%.0f" y="16" font-size="13">What is left of a pattern, scaled by %s</text>`+"\n", x, title)
	for _, y := range []float64{0, 0.5, 1} {
		fmt.Fprintf(w, `<path d="M%.0f %.0fh300" stroke="#ddd"/><text x="%.0f" y="%.0f" text-anchor="end">%.0f %%</text>`+"\n", x, plotY(y), x-5, plotY(y)+4, 100*y)
	}
	for _, period := range []float64{16, 8, 6, 5, 4, 3, 2} {
		at := x + 600/period
		fmt.Fprintf(w, `<path d="M%.1f %.0fv4" stroke="#888"/><text x="%.1f" y="%.0f" text-anchor="middle">%.0f</text>`+"\n", at, plotY(0), at, plotY(0)+15, period)
	}
	fmt.Fprintf(w, `<text x="%.0f" y="%.0f" text-anchor="middle">pixels per period</text>`+"\n", x+150, plotY(0)+30)
}

// drawCurve draws a curve by frequency, 0 to 1/2, in a plot whose left edge is at x.
func drawCurve(w *bytes.Buffer, x float64, colour string, curve []float64) {
	fmt.Fprintf(w, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="%.0f,%.1f`, colour, x, plotY(1))
	for i, v := range curve {
		fmt.Fprintf(w, " %.1f,%.1f", x+300*float64(i+1)/float64(len(curve)), plotY(v))
	}
	fmt.Fprintln(w, `"/>`)
}

// plotY returns where a response is drawn.
func plotY(response float64) float64 { return 245 - 210*response }
