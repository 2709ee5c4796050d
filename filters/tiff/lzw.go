package tiff

// Codes of LZW (section 13).
const (
	lzwClear    = 256
	lzwEnd      = 257
	lzwFirst    = 258 // of the codes that are made
	lzwMinWidth = 9   // bits
	lzwMaxWidth = 12
)

// An lzw decompresses LZW. A string is kept as a place in what was decompressed: each
// string of the table was written there when its code was made.
type lzw struct {
	start  [1 << lzwMaxWidth]int32
	length [1 << lzwMaxWidth]int32
}

// decode fills dst, and returns how many bytes of src it read. The code for the end
// may be missing.
func (l *lzw) decode(dst, src []byte) (used int, err error) {
	old := len(src) >= 2 && src[0] == 0 && src[1]&1 == 1
	var (
		held     uint64 // bits: the next ones are the highest, or the lowest in the old order
		n        uint   // bits held
		width    = uint(lzwMinWidth)
		next     = lzwFirst
		early    = 1 // a width is left one code early
		at, last int // in dst; where the last string is
		lastLen  int // 0: there is no last string
	)
	if old {
		early = 0
	}
	for at < len(dst) {
		for n < width {
			if used == len(src) {
				return used, truncated("LZW data end after %d of %d bytes", at, len(dst))
			}
			if old {
				held |= uint64(src[used]) << n
			} else {
				held = held<<8 | uint64(src[used])
			}
			used++
			n += 8
		}
		var code int
		n -= width
		if old {
			code = int(held & (1<<width - 1))
			held >>= width
		} else {
			code = int(held >> n & (1<<width - 1))
		}
		switch {
		case code == lzwClear:
			width, next, lastLen = lzwMinWidth, lzwFirst, 0
			continue
		case code == lzwEnd:
			return used, truncated("LZW data end after %d of %d bytes", at, len(dst))
		case code > next || code >= lzwClear && lastLen == 0 || code == next && next >= len(l.start):
			return used, corrupt("an LZW code that was not made")
		}
		if lastLen > 0 && next < len(l.start) { // the last string and the next byte
			l.start[next], l.length[next] = int32(last), int32(lastLen+1)
			next++
			if next+early >= 1<<width && width < lzwMaxWidth {
				width++
			}
		}
		last, lastLen = at, 1
		if code < lzwClear {
			dst[at] = byte(code)
			at++
			continue
		}
		from := int(l.start[code])
		lastLen = int(l.length[code])
		to := dst[at:min(at+lastLen, len(dst))]
		if copied := copy(to, dst[from:at]); copied < len(to) {
			to[copied] = to[0] // the string of the code that has just been made
		}
		at += len(to)
	}
	return used, nil
}
