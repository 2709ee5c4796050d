package pngrow

const (
	// blockSize is how many bytes of rows share one decision to filter or not.
	blockSize = 256 << 10
	// A trial compresses trialPieces pieces of a block, each of trialPieceSize
	// bytes or of one row, whichever is more.
	trialPieces    = 3
	trialPieceSize = 16 << 10
	// maxUnfilteredRow is the length in bytes of the longest row that may stay
	// unfiltered.
	maxUnfilteredRow = 64 << 10
)

// A filterTrial finds blocks of rows that compress better without a filter, as
// drawings, screenshots and pages of text do. There long runs of bytes equal the
// bytes a little before them or in the row above, and deflate finds these runs
// more easily in the pixels than in their differences. Section 12.7 advises
// against filters for images of few colours only, but alpha and smoothed edges
// give such pictures many colours.
type filterTrial struct {
	filter               *rowFilter
	z                    compressor
	unfiltered, filtered []byte
	repetitive           bool // whether the last block was repetitive
}

// betterUnfiltered reports whether a block of rows compresses better without a
// filter. It compresses parts of the block in both ways. A row has rowBytes
// bytes, a pixel unit bytes.
func (t *filterTrial) betterUnfiltered(rows []byte, rowBytes, unit int) bool {
	t.repetitive = repetitive(rows, rowBytes, unit)
	if rowBytes > maxUnfilteredRow || !t.repetitive {
		return false
	}
	if t.filter == nil {
		t.filter = newRowFilter(rowBytes, unit)
	}
	t.unfiltered, t.filtered = t.unfiltered[:0], t.filtered[:0]
	height := len(rows) / rowBytes
	count := min(max(trialPieceSize/rowBytes, 1), height)
	for piece := range trialPieces {
		first := (height - count) * piece / (trialPieces - 1)
		if first > 0 {
			t.filter.skip(rows[(first-1)*rowBytes:][:rowBytes])
		}
		for y := first; y < first+count; y++ {
			row := rows[y*rowBytes:][:rowBytes]
			t.unfiltered = append(append(t.unfiltered, filterNone), row...)
			kind, filtered := t.filter.best(row)
			t.filtered = append(append(t.filtered, kind), filtered...)
		}
	}
	z := atLevel(&t.z, standardLevel)
	return compressedSize(z, t.unfiltered) < compressedSize(z, t.filtered)
}

// repetitive reports whether at least half of the bytes equal the byte one pixel
// to their left. In photographs few do.
func repetitive(rows []byte, rowBytes, unit int) bool {
	const every = 8 // only one row of eight is compared, to save time
	same, all := 0, 0
	for ; len(rows) >= rowBytes; rows = rows[min(every*rowBytes, len(rows)):] {
		left, row := rows[:rowBytes-unit], rows[unit:rowBytes]
		for i, v := range row {
			if v == left[i] {
				same++
			}
		}
		all += len(row)
	}
	return all > 0 && same >= all/2
}
