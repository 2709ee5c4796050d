package codec

import "time"

// A clock rounds delays to the unit of a format, so that each frame begins as near
// to its time as the unit allows.
type clock struct {
	unit         time.Duration
	exact, given time.Duration // when the next frame begins: as it should, and in the file
}

// ticks returns the next frame's delay in units, at most most.
func (c *clock) ticks(delay time.Duration, most int) int {
	c.exact += delay
	n := max(0, min(int((c.exact-c.given+c.unit/2)/c.unit), most))
	c.given += time.Duration(n) * c.unit
	return n
}

// fraction returns a delay in seconds as a fraction of numbers of 16 bits: the one
// of the smallest numbers that is the delay in whole nanoseconds, or else the last
// convergent of the delay's continued fraction.
func fraction(d time.Duration) (num, den uint16) {
	const most = 1<<16 - 1
	lastN, lastD, n, m := int64(0), int64(1), int64(1), int64(0)
	for a, b := int64(d), int64(time.Second); b > 0; a, b = b, a%b {
		q := a / b
		nextN, nextM := q*n+lastN, q*m+lastD
		if nextN > most || nextM > most {
			break
		}
		lastN, lastD, n, m = n, m, nextN, nextM
		if diff := n*int64(time.Second) - m*int64(d); -m < diff && diff < m {
			break
		}
	}
	if m == 0 {
		return most, 1
	}
	return uint16(n), uint16(m)
}
