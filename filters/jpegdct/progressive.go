package jpegdct

import "bytes"

// A codedScan is one scan of a progressive file that lies in memory.
type codedScan struct {
	scan
	data []byte // still stuffed, restart markers included
}

// maxScans bounds the time that a small file can take. Encoders write about a
// dozen.
const maxScans = 500

// readScans reads the whole of a progressive file and finds its scans. Their data
// are not decoded, unless the file lacks its EOI: then the last scan is, for
// nothing else can say whether it is whole.
func (r *Reader) readScans(allow func(int64) error) ([]codedScan, error) {
	raw, err := r.src.readAll(allow)
	if err != nil {
		return nil, err
	}
	r.src.i = len(r.src.buf) - len(raw)
	var scans []codedScan
	bits := make([]precision, len(r.frame.comps))
	for sc := r.firstScan; ; {
		if len(scans) == maxScans {
			return nil, corrupt("more than %d scans", maxScans)
		}
		if err := sc.checkOrder(bits); err != nil {
			return nil, err
		}
		data, marker := scanData(r.src.buf[r.src.i:])
		scans = append(scans, codedScan{sc, data})
		r.src.i += len(data)
		if marker == 0 {
			r.src.i = len(r.src.buf)
		} else {
			m, err := r.readMarker()
			if err != nil {
				return nil, err
			}
			marker = m
		}
		next, more, eoi, err := r.nextScan(marker)
		switch {
		case err != nil:
			return nil, err
		case more:
			sc = next
			continue
		case !eoi:
			return scans, r.verifyEnd(scans, bits, allow)
		}
		return scans, nil
	}
}

// scanData splits the data of a scan from the marker that follows, 0 at the
// end of the input.
func scanData(raw []byte) (data []byte, marker byte) {
	for i := 0; ; {
		j := bytes.IndexByte(raw[i:], 0xFF)
		if j < 0 {
			return raw, 0
		}
		j += i
		for i = j + 1; i < len(raw) && raw[i] == 0xFF; i++ {
		}
		if i == len(raw) {
			return raw[:j], 0
		}
		if b := raw[i]; b != 0 && (b < mRST0 || b > mRST7) {
			return raw[:j], b
		}
	}
}

// precision is how exactly each coefficient of a component is known: the
// number of low bits still to come, plus 1; 0 if nothing came.
type precision [64]uint8

// checkOrder checks that the scan follows from those before it (T.81, G.1.1.1.2).
func (sc *scan) checkOrder(bits []precision) error {
	for _, c := range sc.comps {
		p := &bits[c.index]
		if sc.ss > 0 && p[0] == 0 {
			return corrupt("AC scan of component %d before its DC", c.index+1)
		}
		for k := sc.ss; k <= sc.se; k++ {
			want := uint8(0)
			if sc.ah > 0 {
				want = uint8(sc.ah) + 1
			}
			if p[k] != want {
				return corrupt("scan of component %d refines what did not come", c.index+1)
			}
			p[k] = uint8(sc.al) + 1
		}
	}
	return nil
}

// verifyEnd says whether a file without EOI is whole: every coefficient came
// in full precision, and the last scan's data are all there.
func (r *Reader) verifyEnd(scans []codedScan, bits []precision, allow func(int64) error) error {
	for i := range bits {
		for _, p := range bits[i] {
			if p != 1 {
				return truncated("file ends after %d scans, before its coefficients are complete", len(scans))
			}
		}
	}
	last := &scans[len(scans)-1]
	wanted := make([]bool, len(r.frame.comps))
	for _, c := range last.comps {
		wanted[c.index] = true
	}
	_, err := r.decodeCoefficients(scans, wanted, naturalLayout(), allow)
	return err
}
