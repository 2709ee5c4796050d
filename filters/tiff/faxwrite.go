package tiff

import "math/bits"

// A faxWriter codes rows as ITU-T T.6, Group 4. A set bit of a row is black.
type faxWriter struct {
	width int
	out   []byte
	held  uint64 // bits that are not in out yet, right-justified
	n     int    // of these bits
	above changes
	row   changes
}

// writeRow codes a row (T.6, section 2.2).
func (f *faxWriter) writeRow(row []byte) {
	f.above, f.row = f.row, f.above[:0].find(row, f.width)
	above, here := cursor{changes: f.above, width: f.width}, cursor{changes: f.row, width: f.width}
	for a0, colour := -1, 0; a0 < f.width; {
		a1, a2 := here.next(a0, colour)
		b1, b2 := above.next(a0, colour)
		switch {
		case b2 < a1:
			f.writeMode(modePass)
			a0 = b2
		case a1-b1 >= modeLeft3 && a1-b1 <= modeRight3:
			f.writeMode(a1 - b1)
			a0, colour = a1, colour^1
		default:
			f.writeMode(modeHorizontal)
			f.writeRun(a1-max(a0, 0), colour)
			f.writeRun(a2-a1, colour^1)
			a0 = a2
		}
	}
}

// end writes the code that ends the page, EOFB, and returns all that was written.
func (f *faxWriter) end() []byte {
	const eol = "000000000001"
	f.write(eol)
	f.write(eol)
	f.write("0000000"[:(8-f.n)%8])
	return f.out
}

func (f *faxWriter) writeMode(mode int) { f.write(modeCodes[mode-modeLeft3]) }

// writeRun codes the length of a run (T.4, section 4.1.1).
func (f *faxWriter) writeRun(n, colour int) {
	const longest = 2560
	for ; n >= longest+64; n -= longest {
		f.write(longMakeUp[len(longMakeUp)-1])
	}
	switch {
	case n >= 1792:
		f.write(longMakeUp[(n-1792)/64])
	case n >= 64:
		f.write(makeUp[colour][n/64-1])
	}
	f.write(terminating[colour][n%64])
}

// write writes a code.
func (f *faxWriter) write(code string) {
	for _, digit := range []byte(code) {
		f.held = f.held<<1 | uint64(digit&1)
	}
	for f.n += len(code); f.n >= 8; f.n -= 8 {
		f.out = append(f.out, byte(f.held>>(f.n-8)))
	}
}

// find appends the changes of a row of bits.
func (c changes) find(row []byte, width int) changes {
	colour := byte(0) // 0xff for black
	for i, b := range row {
		for b ^= colour; b != 0; {
			k := bits.LeadingZeros8(b)
			if 8*i+k >= width {
				return c
			}
			c = append(c, 8*i+k)
			colour = ^colour
			b = ^b & (0xff >> k) // what differs from the new colour, from bit k on
		}
	}
	return c
}
