package pngrow

// A rowFilter chooses for each row the filter type (section 9) whose output has
// the least sum of absolute values, taken as signed bytes. Section 12.7
// recommends this choice.
type rowFilter struct {
	unit     int    // bytes per pixel, at least 1
	previous []byte // row above, after filterMargin zeros
	current  []byte // row to filter, after filterMargin zeros
	tried    [filterTypes][]byte
}

// filterMargin is the space for a pixel to the left of the first pixel, in bytes.
const filterMargin = 8

func newRowFilter(rowBytes, unit int) *rowFilter {
	f := &rowFilter{
		unit:     unit,
		previous: make([]byte, filterMargin+rowBytes),
		current:  make([]byte, filterMargin+rowBytes),
	}
	for i := 1; i < filterTypes; i++ {
		f.tried[i] = make([]byte, rowBytes)
	}
	return f
}

// skip makes row the row above the next one without filtering it.
func (f *rowFilter) skip(row []byte) {
	f.previous, f.current = f.current, f.previous
	copy(f.current[filterMargin:], row)
}

// best returns the best filter type for a row, and the filtered row, which is
// valid until the next call.
func (f *rowFilter) best(row []byte) (kind byte, filtered []byte) {
	f.skip(row)
	f.tried[filterNone] = f.current[filterMargin:]
	sums := f.try()
	for i, sum := range sums {
		if sum < sums[kind] {
			kind = byte(i)
		}
	}
	return kind, f.tried[kind]
}

// tryGo filters the current row, from byte start on, with each filter type. It
// adds the magnitudes of the results to sums.
func (f *rowFilter) tryGo(start int, sums *[filterTypes]uint64) {
	x := f.current[filterMargin:]
	n := len(x)
	a := f.current[filterMargin-f.unit:][:n]
	b := f.previous[filterMargin:][:n]
	c := f.previous[filterMargin-f.unit:][:n]
	sub, up, average, paeth := f.tried[filterSub][:n], f.tried[filterUp][:n], f.tried[filterAverage][:n], f.tried[filterPaeth][:n]
	for i := start; i < n; i++ {
		v := x[i]
		sub[i] = v - a[i]
		up[i] = v - b[i]
		average[i] = v - byte((int(a[i])+int(b[i]))/2)
		paeth[i] = v - paethPredictor(a[i], b[i], c[i])
		sums[filterNone] += magnitude(v)
		sums[filterSub] += magnitude(sub[i])
		sums[filterUp] += magnitude(up[i])
		sums[filterAverage] += magnitude(average[i])
		sums[filterPaeth] += magnitude(paeth[i])
	}
}

// magnitude returns the absolute value of v as a signed byte.
func magnitude(v byte) uint64 {
	s := int(int8(v))
	return uint64(max(s, -s))
}
