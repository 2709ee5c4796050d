package jpegdct

import (
	"bytes"
	"slices"
)

// A codedScan is a scan of a progressive file and its coded data.
type codedScan struct {
	scan
	data []byte // with byte stuffing and restart markers
}

// Limits on the scans of a file. They bound the time for a small file: a scan can say in
// a few bytes that thousands of blocks stay as they are. Encoders write about a dozen
// scans.
const (
	maxScans      = 500
	maxBlockScans = 32      // scans over each block on average
	maxBlocks     = 1 << 27 // blocks in all scans for which maxBlockScans does not matter
	// Coefficients that arithmetic-coded scans refine, in all scans and for each byte of data. A
	// refinement can take next to no data; in photos a byte refines a few.
	maxRefined       = 1 << 27
	maxRefinedOfByte = 128
)

// blocks returns the number of blocks in the data of the scan.
func (sc *scan) blocks() int {
	n := 0
	for _, c := range sc.comps {
		n += c.h * c.v
	}
	return n * sc.mcusX * sc.mcusY
}

// blocks returns the number of blocks in an interleaved scan of all components.
func (f *frame) blocks() int {
	n := 0
	for _, c := range f.comps {
		n += c.H * c.V
	}
	return n * f.mcusX * f.mcusY
}

// readScans reads a progressive file to its end and returns its scans. Their data are
// not decoded. Only if the EOI marker is missing, the last scan is decoded to check
// that it is complete.
func (r *Reader) readScans(allow func(int64) error) ([]codedScan, error) {
	raw, err := r.src.readAll(allow)
	if err != nil {
		return nil, err
	}
	r.src.i = len(r.src.buf) - len(raw)
	var scans []codedScan
	bits := make([]precision, len(r.frame.comps))
	left := max(maxBlockScans*r.frame.blocks(), maxBlocks)
	for sc := r.firstScan; ; {
		if len(scans) == maxScans {
			return nil, corrupt("more than %d scans", maxScans)
		}
		if left -= sc.blocks(); left < 0 {
			return nil, corrupt("more than %d scans over each of %d blocks", maxBlockScans, r.frame.blocks())
		}
		if err := sc.checkOrder(bits); err != nil {
			return nil, err
		}
		data, marker, err := r.readScanData(&sc)
		if err != nil {
			return nil, err
		}
		scans = append(scans, codedScan{sc, data})
		next, more, eoi, err := r.nextScan(marker)
		switch {
		case err != nil:
			return nil, err
		case more:
			sc = next
			continue
		case !eoi && r.frame.arithmetic:
			// Arithmetic-coded data have no end of their own.
			return nil, truncated("file ends without EOI after arithmetic-coded data")
		case !eoi:
			return scans, r.verifyEnd(scans, bits, allow)
		}
		return scans, nil
	}
}

// readScanData reads the coded data of a scan, and the marker after them, 0 at the end of
// the input. The data are not decoded, but their restart markers are checked: too few
// are an error, since data are missing. Wrong numbers and surplus markers are breaches;
// it sets the numbers right and cuts the data at the first surplus marker.
func (r *Reader) readScanData(sc *scan) (data []byte, marker byte, err error) {
	raw := r.src.buf[r.src.i:]
	wanted := 0 // number of restart markers
	if sc.restart > 0 {
		wanted = (sc.mcusX*sc.mcusY - 1) / sc.restart
	}
	end, restarts := -1, 0
	var breach error
	at, marker := nextMarker(raw, 0)
	for ; isRestart(marker); at, marker = nextMarker(raw, at+2) {
		switch want := mRST0 + byte(restarts&7); {
		case restarts >= wanted:
			if end < 0 {
				end = at
				breach = corrupt("more than %d restart markers in a scan", wanted)
			}
		case marker != want:
			breach = corrupt("marker FF%02X instead of FF%02X as restart marker %d of %d", marker, want, restarts+1, wanted)
			if !misnumbered(marker, want) {
				return nil, 0, breach
			}
			raw[at+1] = want
		}
		restarts++
	}
	if restarts < wanted {
		return nil, 0, truncated("%d of %d restart markers in a scan", restarts, wanted)
	}
	r.src.i += at
	if marker != 0 {
		r.src.i += 2
	}
	if end < 0 {
		end = at
	}
	if breach != nil {
		err = r.options.Tolerate.Handle(breach)
	}
	for end > 0 && raw[end-1] == 0xFF { // fill bytes
		end--
	}
	return raw[:end], marker, err
}

// nextMarker returns the index of the next marker in coded data, and its code; the end of
// the data and 0 if there is none.
func nextMarker(raw []byte, at int) (int, byte) {
	for {
		j := bytes.IndexByte(raw[at:], 0xFF)
		if j < 0 || at+j+1 == len(raw) {
			return len(raw), 0
		}
		if at += j + 1; raw[at] != 0 && raw[at] != 0xFF {
			return at - 1, raw[at]
		}
	}
}

// precision has for each coefficient of a component, by zigzag index, 1 plus the
// number of low bits that have not come yet (Al), or 0 if no bit has come.
type precision [64]uint8

// checkOrder checks that the scan may come after the scans that led to the precision
// in bits (T.81, G.1.1.1), and updates bits.
func (sc *scan) checkOrder(bits []precision) error {
	for _, c := range sc.comps {
		p := &bits[c.index]
		if sc.ss > 0 && p[0] == 0 {
			return corrupt("AC scan of component %d before its DC scan", c.index+1)
		}
		for k := sc.ss; k <= sc.se; k++ {
			want := uint8(0)
			if sc.ah > 0 {
				want = uint8(sc.ah) + 1
			}
			if p[k] != want {
				return corrupt("scan of component %d is out of order: coefficient %d, Ah=%d", c.index+1, k, sc.ah)
			}
			p[k] = uint8(sc.al) + 1
		}
	}
	return nil
}

// verifyEnd checks that a file without EOI is complete: all coefficients came in full
// precision, and the data of the last scan are complete.
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
	_, err := r.decodeCoefficients(scans, wanted, naturalPlaces(8), allow)
	return err
}

// neededScans returns the scans that are needed for the coefficients of the components up to
// the zigzag indices limits.
func neededScans(scans []codedScan, limits []int) []codedScan {
	limits = slices.Clone(limits)
	for again := true; again; {
		again = false
		for i := range scans {
			// A refinement scan can only be decoded if all coefficients of its band are known.
			sc := &scans[i]
			if limit := &limits[sc.comps[0].index]; sc.ss <= *limit && sc.se > *limit {
				*limit, again = sc.se, true
			}
		}
	}
	var needed []codedScan
	for _, sc := range scans {
		if sc.ss <= limits[sc.comps[0].index] {
			needed = append(needed, sc)
		}
	}
	return needed
}
