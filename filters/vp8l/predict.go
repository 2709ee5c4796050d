package vp8l

import "math"

// tileBits is the logarithm of the side of the squares that share a mode of prediction.
const tileBits = 4

// encodePredicted writes an image as differences: of red and blue from green (section
// 4.3), and of each pixel from what its neighbours predict (section 4.1).
func (s *source) encodePredicted() []byte {
	pix := make([]uint32, 0, s.Width*s.Height)
	for y := range s.Height {
		for _, p := range s.read(y) {
			pix = append(pix, subtract(p, p>>8&0xff*0x010001))
		}
	}
	w := s.header()
	w.putTransform(transformSubtractGreen)
	w.putTransform(transformPredict)
	w.put(tileBits-2, 3)
	modes := predict(pix, s.Width)
	w.putPixels(modes, tiles(s.Width))
	w.putBool(false) // no other transform
	w.putImage(pix, s.Width)
	return w.finish()
}

// tiles returns how many tiles cover n pixels.
func tiles(n int) int { return (n-1)>>tileBits + 1 }

// predict makes the pixels differences from what the best mode of each tile predicts, and
// returns the modes, as the green channel of pixels.
func predict(pix []uint32, width int) (modes []uint32) {
	height := len(pix) / width
	across := tiles(width)
	modes = make([]uint32, across*tiles(height))
	costs := residualCosts()
	for i := range modes {
		near := uint32(modeLeft)
		if i%across > 0 {
			near = modes[i-1] >> 8
		}
		modes[i] = bestMode(pix, width, i%across<<tileBits, i/across<<tileBits, near, costs) << 8
	}
	// From the end, so that what is needed is still there.
	for y := height - 1; y > 0; y-- {
		row := modes[y>>tileBits*across:]
		i := y * width
		for x := width - 1; x > 0; {
			first := max(1, x&^(1<<tileBits-1))
			subtractPrediction(pix, i+first, i+x+1, width, predictors[row[x>>tileBits]>>8])
			x = first - 1
		}
		pix[i] = subtract(pix[i], pix[i-width])
	}
	for x := width - 1; x > 0; x-- {
		pix[x] = subtract(pix[x], pix[x-1])
	}
	pix[0] = subtract(pix[0], black)
	return modes
}

// subtractPrediction makes the pixels [from, to) differences, the last one first. None of
// them is in the first row or column.
func subtractPrediction(pix []uint32, from, to, width int, f predictor) {
	for i := to - 1; i >= from; i-- {
		above := pix[i-width-1:][:3]
		pix[i] = subtract(pix[i], f(pix[i-1], above[1], above[0], above[2]))
	}
}

// bestMode returns the mode with the lowest cost in the tile at (x0, y0), by every other
// pixel of every other row. The mode of the tile before is preferred a little, so that
// the modes cost less.
func bestMode(pix []uint32, width, x0, y0 int, near uint32, costs *[256]uint32) (best uint32) {
	height := len(pix) / width
	x1, y1 := min(x0+1<<tileBits, width), min(y0+1<<tileBits, height)
	lowest := uint32(math.MaxUint32)
	for mode, f := range predictors {
		cost := uint32(0)
		if uint32(mode) != near {
			cost = 4 * costUnit
		}
		for y := y0 | 1; y < y1; y += 2 {
			for x := x0 | 1; x < x1; x += 2 {
				i := y*width + x
				above := pix[i-width-1:][:3]
				d := subtract(pix[i], f(pix[i-1], above[1], above[0], above[2]))
				cost += costs[d>>24] + costs[d>>16&255] + costs[d>>8&255] + costs[d&255]
			}
			if cost >= lowest {
				break
			}
		}
		if cost < lowest {
			best, lowest = uint32(mode), cost
		}
	}
	return best
}

// costUnit is the cost of a bit.
const costUnit = 16

// residualCosts returns about what each difference costs: the larger, the rarer.
func residualCosts() *[256]uint32 {
	costs := new([256]uint32)
	for i := range costs {
		costs[i] = uint32(costUnit * 1.5 * math.Log2(1+math.Abs(float64(int8(i)))))
	}
	return costs
}
