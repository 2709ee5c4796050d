//go:build !amd64 || noasm

package pngrow

// try filters the current row with each filter type and returns the sums of
// magnitudes.
func (f *rowFilter) try() (sums [filterTypes]uint64) {
	f.tryGo(0, &sums)
	return sums
}
