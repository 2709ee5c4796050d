package gif

import (
	"encoding/binary"
	"errors"
)

// maxCodeSize is the largest minimum code size whose clear code fits into 12 bits.
const maxCodeSize = 11

// maxCodes is how many codes of up to 12 bits there are.
const maxCodes = 1 << 12

var errCode = errors.New("a code that is not defined yet")

// unpack decodes LZW with codes of 2 to 12 bits (appendix F). It returns how many
// pixels came, at most len(dst), and whether src holds more codes than dst has room
// for.
//
// Codes are defined until the table is full; then the table stays as it is up to the
// next clear code. The first clear code may be missing, and the end code too.
func unpack(dst, src []byte, codeSize int) (n int, more bool, err error) {
	var (
		strings [maxCodes]span
		clear   = 1 << codeSize
		end     = clear + 1
		next    = clear + 2 // the next code to be defined
		width   = codeSize + 1
		last    span // what the last code stands for; empty behind a clear code
		bits    = bitReader{src: src}
	)
	for {
		code, ok := bits.read(width)
		if !ok || code == end {
			return n, false, nil
		}
		if code == clear {
			next, width, last = clear+2, codeSize+1, span{}
			continue
		}
		if n == len(dst) {
			return n, true, nil
		}
		begin := n
		switch {
		case code < clear:
			dst[n] = uint8(code)
			n++
		case code < next:
			n += copyWithin(dst, n, strings[code])
		case code == next && last.length > 0 && next < maxCodes: // the last string and its first pixel
			n += copyWithin(dst, n, last)
			if n < len(dst) {
				dst[n] = dst[last.begin]
				n++
			}
		default:
			return n, false, errCode
		}
		if last.length > 0 && next < maxCodes {
			// The last string and the first pixel of this one stand together in dst.
			strings[next] = span{last.begin, last.length + 1}
			next++
		}
		if next == 1<<width && width < 12 {
			width++
		}
		last = span{int32(begin), int32(n - begin)}
	}
}

// A span is where in the pixels that have been decoded a code's string stands.
type span struct{ begin, length int32 }

// copyWithin copies the pixels of a span to dst[n:], as many as there is room for, and
// returns how many. The span ends before n.
func copyWithin(dst []byte, n int, s span) int {
	const word = 8
	if s.length <= word && n+word <= len(dst) {
		// Most strings are short. What is copied beyond is overwritten.
		binary.LittleEndian.PutUint64(dst[n:], binary.LittleEndian.Uint64(dst[s.begin:]))
		return int(s.length)
	}
	return copy(dst[n:], dst[s.begin:s.begin+s.length])
}

// A bitReader reads codes, whose lowest bit comes first.
type bitReader struct {
	src  []byte
	pos  int
	acc  uint64 // bits that have been read from src and not yet returned
	have int    // how many
}

// read returns the next n bits, at most 12. It returns false if there are not so
// many.
func (r *bitReader) read(n int) (code int, ok bool) {
	if r.have < n {
		if r.pos+8 <= len(r.src) {
			r.acc |= binary.LittleEndian.Uint64(r.src[r.pos:]) << r.have
			whole := (63 - r.have) / 8
			r.pos += whole
			r.have += 8 * whole
		} else {
			for ; r.have <= 56 && r.pos < len(r.src); r.pos++ {
				r.acc |= uint64(r.src[r.pos]) << r.have
				r.have += 8
			}
			if r.have < n {
				return 0, false
			}
		}
	}
	code = int(r.acc & (1<<n - 1))
	r.acc >>= n
	r.have -= n
	return code, true
}
