//go:build !amd64

package pngrow

// try filters the row in each way, and gives the sums of magnitudes.
func (f *rowFilter) try() (sums [filterTypes]uint64) {
	f.tryGo(0, &sums)
	return sums
}
