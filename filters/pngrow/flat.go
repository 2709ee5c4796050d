package pngrow

const (
	// blockSize is how much is filtered, or isn't, by one decision.
	blockSize = 256 << 10
	// pieces of a block are tried, of so many bytes each, or of one row.
	pieces    = 3
	pieceSize = 16 << 10
	// maxFlatRow is the longest row that may stay unfiltered.
	maxFlatRow = 64 << 10
)

// A flatFinder finds rows that are better not filtered: of drawings, screens and
// pages of text. There whole stretches are what is a little before them or in
// the row above, to the bit, and deflate sees that better in the pixels than in
// their differences. Section 12.7 advises so for few colours only, but alpha
// and smoothed edges make them many.
type flatFinder struct {
	filter          *rowFilter // for trials
	z               packer
	plain, filtered []byte
	repetitive      bool // what flat was asked for last is
}

// flat judges a block of rows of n bytes, by what becomes of some of them in
// both ways.
func (f *flatFinder) flat(rows []byte, n, unit int) bool {
	f.repetitive = repetitive(rows, n, unit)
	if n > maxFlatRow || !f.repetitive {
		return false
	}
	if f.filter == nil {
		f.filter = newRowFilter(n, unit)
	}
	f.plain, f.filtered = f.plain[:0], f.filtered[:0]
	height := len(rows) / n
	count := min(max(pieceSize/n, 1), height)
	for piece := range pieces {
		first := (height - count) * piece / (pieces - 1)
		if first > 0 {
			f.filter.pass(rows[(first-1)*n:][:n])
		}
		for y := first; y < first+count; y++ {
			row := rows[y*n:][:n]
			f.plain = append(append(f.plain, filterNone), row...)
			kind, filtered := f.filter.best(row)
			f.filtered = append(append(f.filtered, kind), filtered...)
		}
	}
	z := atLevel(&f.z, matchLevel)
	return trial(z, f.plain) < trial(z, f.filtered)
}

// repetitive tells whether at least half of the bytes are what they are a pixel
// before. In photographs few are.
func repetitive(rows []byte, n, unit int) bool {
	const every = 8 // rows
	same, all := 0, 0
	for ; len(rows) >= n; rows = rows[min(every*n, len(rows)):] {
		left, row := rows[:n-unit], rows[unit:n]
		for i, v := range row {
			if v == left[i] {
				same++
			}
		}
		all += len(row)
	}
	return all > 0 && same >= all/2
}
