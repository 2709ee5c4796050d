package vp8l

// A predictor returns what a pixel is likely to be, by the pixels left of it, above it,
// above it to the left, and above it to the right (section 4.1).
type predictor func(l, t, tl, tr uint32) uint32

// predictors are the modes of prediction, by their numbers.
var predictors = [14]predictor{
	func(_, _, _, _ uint32) uint32 { return black },
	func(l, _, _, _ uint32) uint32 { return l },
	func(_, t, _, _ uint32) uint32 { return t },
	func(_, _, _, tr uint32) uint32 { return tr },
	func(_, _, tl, _ uint32) uint32 { return tl },
	func(l, t, _, tr uint32) uint32 { return average(average(l, tr), t) },
	func(l, _, tl, _ uint32) uint32 { return average(l, tl) },
	func(l, t, _, _ uint32) uint32 { return average(l, t) },
	func(_, t, tl, _ uint32) uint32 { return average(tl, t) },
	func(_, t, _, tr uint32) uint32 { return average(t, tr) },
	func(l, t, tl, tr uint32) uint32 { return average(average(l, tl), average(t, tr)) },
	func(l, t, tl, _ uint32) uint32 { return selectNearer(l, t, tl) },
	func(l, t, tl, _ uint32) uint32 { return addDifference(l, t, tl) },
	func(l, t, tl, _ uint32) uint32 { return addHalf(average(l, t), tl) },
}

const (
	black    = 0xff000000
	modeLeft = 1
	modeTop  = 2
)

// average returns the mean of each channel, rounded down.
func average(a, b uint32) uint32 { return (a^b)&0xfefefefe>>1 + a&b }

// subtract returns the difference of each channel, modulo 256.
func subtract(a, b uint32) uint32 {
	const even, odd = 0x00ff00ff, 0xff00ff00
	return (even+a&odd-b&odd)&odd | (odd+a&even-b&even)&even
}

// selectNearer returns l or t, the one that is nearer to l + t - tl.
func selectNearer(l, t, tl uint32) uint32 {
	nearer := 0
	for shift := 0; shift < 32; shift += 8 {
		l, t, tl := int(l>>shift&255), int(t>>shift&255), int(tl>>shift&255)
		nearer += abs(t-tl) - abs(l-tl)
	}
	if nearer < 0 {
		return l
	}
	return t
}

// addDifference returns l + t - tl, clamped.
func addDifference(l, t, tl uint32) uint32 {
	var v uint32
	for shift := 0; shift < 32; shift += 8 {
		v |= clamp(int(l>>shift&255)+int(t>>shift&255)-int(tl>>shift&255)) << shift
	}
	return v
}

// addHalf returns a + (a - b)/2, clamped.
func addHalf(a, b uint32) uint32 {
	var v uint32
	for shift := 0; shift < 32; shift += 8 {
		a, b := int(a>>shift&255), int(b>>shift&255)
		v |= clamp(a+(a-b)/2) << shift
	}
	return v
}

func abs(v int) int { return max(v, -v) }

func clamp(v int) uint32 { return uint32(max(0, min(v, 255))) }
