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
