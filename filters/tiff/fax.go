package tiff

import "imgpipe/filters/breach"

// optionTwoDimensional is a bit of T4Options (section 10): rows may be coded by the
// row above.
const optionTwoDimensional = 1 << 0

// A fax decodes segments of ITU-T T.4 (Group 3) and T.6 (Group 4), and those of
// compression 2, which has the codes of T.4 without ends of lines (section 10). A set
// bit of a row is black.
type fax struct {
	width       int
	compression int
	options     int // T4Options, of Group 3
	tolerate    breach.Handler

	codes *faxCodes
	bits  bitReader
	above changes // of the row before
	row   changes
}

// decode decodes all rows of dst, of stride bytes each. It returns how many bytes of
// src it read.
func (f *fax) decode(dst, src []byte, stride int) (used int, err error) {
	f.bits = newBitReader(src)
	f.above, f.row = f.above[:0], f.row[:0]
	n := len(dst) / stride
	for y := range n {
		f.above, f.row = f.row, f.above[:0]
		err := f.decodeRow()
		if f.bits.left < 0 {
			err = truncated("fax data end in row %d of %d", y+1, n)
		}
		if err != nil {
			return 0, err
		}
		f.row.paint(dst[y*stride:][:stride], f.width)
	}
	return f.bits.read(), nil
}

// decodeRow decodes a row.
func (f *fax) decodeRow() error {
	switch f.compression {
	case compressionGroup4:
		return f.twoDimensional()
	case compressionWords:
		f.bits.align(16)
	case compressionHuffman:
		f.bits.align(8)
	default:
		if twoDimensional, err := f.endOfLine(); err != nil || twoDimensional {
			if err != nil {
				return err
			}
			return f.twoDimensional()
		}
	}
	return f.oneDimensional()
}

// endOfLine reads the EOL before a row, with the zeros that fill the row before (T.4,
// section 4.1.2), and tells how the row is coded.
func (f *fax) endOfLine() (twoDimensional bool, err error) {
	const zeros = 11 // of an EOL; then a 1 follows
	mayBe2D := f.options&optionTwoDimensional != 0
	if f.bits.peek(zeros) != 0 {
		breach := corrupt("a row of Group 3 fax without EOL")
		if mayBe2D {
			return false, breach
		}
		return false, f.tolerate.Handle(breach)
	}
	for f.bits.peek(1) == 0 && f.bits.left > 0 {
		f.bits.skip(1)
	}
	f.bits.skip(1)
	if mayBe2D {
		twoDimensional = f.bits.peek(1) == 0
		f.bits.skip(1)
	}
	if f.bits.peek(zeros+1) == 1 { // two EOLs are part of RTC, which ends the page
		return false, truncated("fax data with too few rows")
	}
	return twoDimensional, nil
}

// oneDimensional decodes a row that is coded by its runs (T.4, section 4.1).
func (f *fax) oneDimensional() error {
	for at, colour := 0, 0; at < f.width; colour ^= 1 {
		n, err := f.run(colour)
		if err != nil {
			return err
		}
		if at += n; at > f.width {
			return corrupt("a row of fax is longer than %d pixels", f.width)
		}
		f.change(at)
	}
	return nil
}

// run reads the length of a run of the given colour: 0 for white, 1 for black.
func (f *fax) run(colour int) (n int, err error) {
	for {
		c := f.codes.runs[colour][f.bits.peek(longestRun)]
		if c.length == 0 {
			return 0, f.badCode()
		}
		f.bits.skip(int(c.length))
		n += int(c.value)
		if c.value < 64 || n > f.width {
			return n, nil
		}
	}
}

// badCode returns the error for bits that are no code.
func (f *fax) badCode() error {
	const extension, endOfLine = 9, 12 // bits
	switch {
	case f.bits.left < endOfLine || f.bits.peek(endOfLine) == 1:
		return truncated("fax data with too few rows")
	case f.bits.peek(extension) == 1:
		return unsupported("fax in uncompressed mode")
	}
	return corrupt("bits of fax that are no code")
}

// change records that the colour changes at a pixel. An empty run is no change, except at
// the beginning of the row.
func (f *fax) change(at int) {
	switch last := len(f.row) - 1; {
	case last >= 0 && f.row[last] == at:
		f.row = f.row[:last]
	case at < f.width:
		f.row = append(f.row, at)
	}
}

// twoDimensional decodes a row that is coded by the row above (T.4, section 4.2; T.6,
// section 2.2): a0, a1 and a2 are pixels of this row, b1 and b2 of the row above.
func (f *fax) twoDimensional() error {
	above := cursor{changes: f.above, width: f.width}
	for a0, colour := -1, 0; a0 < f.width; {
		mode := f.codes.modes[f.bits.peek(longestMode)]
		b1, b2 := above.next(a0, colour)
		switch {
		case mode.length == 0:
			return f.badCode()
		case mode.value == modePass:
			f.bits.skip(int(mode.length))
			a0 = b2
		case mode.value == modeHorizontal:
			f.bits.skip(int(mode.length))
			n1, err := f.run(colour)
			if err != nil {
				return err
			}
			n2, err := f.run(colour ^ 1)
			if err != nil {
				return err
			}
			a1 := max(a0, 0) + n1
			if a1+n2 > f.width {
				return corrupt("a row of fax is longer than %d pixels", f.width)
			}
			f.change(a1)
			f.change(a1 + n2)
			a0 = a1 + n2
		case mode.value == modeExtension:
			return unsupported("fax in uncompressed mode")
		default:
			f.bits.skip(int(mode.length))
			a1 := b1 + int(mode.value)
			if a1 < max(a0, 0) || a1 > f.width {
				return corrupt("a row of fax whose runs overlap")
			}
			f.change(a1)
			a0, colour = a1, colour^1
		}
		if f.bits.left < 0 {
			return nil // decode says where
		}
	}
	return nil
}

// changes are where the colour changes in a row: the first pixels of the runs, in turn
// black and white. A row begins white, if need be with a run of 0 pixels. Changes are
// within the row, and each is right of the one before.
type changes []int

// paint writes the row of the given width: white is 0.
func (c changes) paint(row []byte, width int) {
	clear(row)
	for i := 0; i < len(c); i += 2 {
		end := width
		if i+1 < len(c) {
			end = c[i+1]
		}
		setBits(row, c[i], end)
	}
}

// setBits sets the bits from start to before end.
func setBits(row []byte, start, end int) {
	first, last := start/8, end/8
	left, right := byte(0xff)>>(start%8), ^(byte(0xff) >> (end % 8))
	if first == last {
		row[first] |= left & right
		return
	}
	row[first] |= left
	for i := first + 1; i < last; i++ {
		row[i] = 0xff
	}
	if right != 0 {
		row[last] |= right
	}
}

// A cursor finds changes of a row from left to right.
type cursor struct {
	changes
	width int
	i     int
}

// next returns the first change right of pixel a0 to the colour that is not the given
// one, and the change after it: the width where there is none. Pixel a0 may lie up to a
// few changes left of that of the call before.
func (c *cursor) next(a0, colour int) (b1, b2 int) {
	for c.i > 0 && c.changes[c.i-1] > a0 {
		c.i--
	}
	for c.i < len(c.changes) && c.changes[c.i] <= a0 {
		c.i++
	}
	i := c.i + (c.i^colour)&1
	b1, b2 = c.width, c.width
	if i < len(c.changes) {
		b1 = c.changes[i]
	}
	if i+1 < len(c.changes) {
		b2 = c.changes[i+1]
	}
	return b1, b2
}

// A bitReader reads bits, the highest of a byte first. Zeros follow the last byte.
type bitReader struct {
	src  []byte
	next int    // byte
	held uint64 // bits, left-justified
	n    int    // bits held
	left int    // bits of src that have not been skipped; negative behind the end
}

func newBitReader(src []byte) bitReader { return bitReader{src: src, left: 8 * len(src)} }

// peek returns the next n bits, at most 32.
func (b *bitReader) peek(n int) uint32 {
	for b.n < 32 {
		if b.next < len(b.src) {
			b.held |= uint64(b.src[b.next]) << (56 - b.n)
		}
		b.next++
		b.n += 8
	}
	return uint32(b.held >> (64 - n))
}

// skip skips n bits that have been peeked.
func (b *bitReader) skip(n int) {
	b.held <<= n
	b.n -= n
	b.left -= n
}

// align skips bits so that a multiple of n bits of src has been read.
func (b *bitReader) align(n int) {
	b.peek(n)
	b.skip((n - (8*len(b.src)-b.left)%n) % n)
}

// read returns how many bytes have been read.
func (b *bitReader) read() int { return len(b.src) - b.left/8 }
