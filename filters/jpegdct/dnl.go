package jpegdct

import "bytes"

// findHeight returns the height that the DNL segment after the first scan gives (T.81,
// B.2.5). The data of that scan stay in the buffer of the source, to be read next.
func (r *Reader) findHeight() (int, error) {
	s := &r.src
	for at := s.i; ; {
		if i := bytes.IndexByte(s.buf[at:], 0xFF); i < 0 {
			at = len(s.buf)
		} else {
			at += i
		}
		if len(s.buf)-at < 6 { // the marker, its length and the height
			if at > maxHeader {
				return 0, unsupported("the height is 0, and no DNL segment gives it within %d MiB", maxHeader>>20)
			}
			if !s.fill() {
				return 0, s.endError("the height is 0, and the file ends before a DNL segment gives it")
			}
			continue
		}
		switch b := s.buf[at+1]; {
		case b == 0xFF:
			at++
		case b == 0 || isRestart(b):
			at += 2
		case b != mDNL:
			return 0, corrupt("the height is 0, and after the first scan comes FF%02X instead of a DNL segment", b)
		default:
			length, height := be16(s.buf[at+2:]), int(be16(s.buf[at+4:]))
			if length != 4 || height == 0 {
				return 0, corrupt("DNL segment of length %d for a height of %d", length, height)
			}
			return height, nil
		}
	}
}

// checkDNL takes note of a DNL segment. One for a height that the frame header gives is
// a breach, and its value does not matter.
func (r *Reader) checkDNL() error {
	if r.dnl {
		r.dnl = false
		return nil
	}
	return r.options.Tolerate.Handle(corrupt("DNL segment for a height that is known"))
}
