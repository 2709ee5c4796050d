package jpegdct

import (
	"io"
	"slices"
	"unsafe"
)

// A coefPlane has the coefficients of a component, with those of blocks that only
// complete an MCU.
type coefPlane struct {
	blocks  []coefs  // row by row
	nonzero []uint64 // by block: bit k is set if coefficient k is not 0 so far, k > 0
	stride  int      // blocks in a row
	place   *places  // of coefficients in a block
}

// block returns the block in column x and row y, and the places in it.
func (p *coefPlane) block(x, y int) (*coefs, *places) { return &p.blocks[y*p.stride+x], p.place }

// newCoefPlanes makes planes for the wanted components. They are in one piece of memory, of
// which more can be huge pages than of several.
func newCoefPlanes(f *frame, wanted []bool, place *places) []coefPlane {
	planes := make([]coefPlane, len(f.comps))
	n := coefBlocks(f, wanted)
	blocks, nonzero := make([]coefs, n), make([]uint64, n)
	adviseHugePages(blocks)
	for i, c := range f.comps {
		if wanted[i] {
			p := coefPlane{stride: f.mcusX * c.H, place: place}
			n := p.stride * f.mcusY * c.V
			p.blocks, blocks = blocks[:n:n], blocks[n:]
			p.nonzero, nonzero = nonzero[:n:n], nonzero[n:]
			planes[i] = p
		}
	}
	return planes
}

// coefBlocks returns the number of blocks in the planes of the wanted components.
func coefBlocks(f *frame, wanted []bool) (sum int) {
	for i, c := range f.comps {
		if wanted[i] {
			sum += f.mcusX * c.H * f.mcusY * c.V
		}
	}
	return sum
}

// coefPlaneBytes returns the memory for the planes of the wanted components.
func coefPlaneBytes(f *frame, wanted []bool) int64 {
	return int64(coefBlocks(f, wanted)) * int64(unsafe.Sizeof(coefs{})+8)
}

// coefs are the quantised coefficients of a block of the source, in the order of places.
type coefs [coefJunk + 8]int16

// coefJunk is the position in coefs for coefficients that are not kept.
const coefJunk = 64

// places maps the zigzag index of a coefficient to its position in coefs. Indices above
// 63, which a valueTable may produce, map to coefJunk.
type places [128]uint8

// naturalPlaces returns the places in coefs of the k x k lowest frequencies, row by
// row.
func naturalPlaces(k int) (p places) {
	for i := range p {
		p[i] = coefJunk
		if i < 64 && int(zigzag[i]&7) < k && int(zigzag[i]>>3) < k {
			p[i] = zigzag[i]
		}
	}
	return p
}

// transposedPlaces returns the places in coefs of all coefficients, column by column.
func transposedPlaces() (p places) {
	for i, at := range naturalPlaces(8) {
		if p[i] = at; at != coefJunk {
			p[i] = at&7*8 + at>>3
		}
	}
	return p
}

// coefficients reads a progressive file to its end and returns the planes of the first
// components, as many as there are limits: coefficients above that zigzag index may be missing.
func (r *Reader) coefficients(limits []int, place places, allow func(int64) error) ([]coefPlane, error) {
	scans, err := r.readScans(allow)
	if err != nil {
		return nil, err
	}
	wanted := make([]bool, len(r.frame.comps))
	for i, c := range r.frame.comps[:len(limits)] {
		wanted[i] = true
		if c.quant == nil {
			return nil, truncated("no scan of component %d", i+1)
		}
	}
	scans = slices.DeleteFunc(scans, func(sc codedScan) bool { return !wanted[sc.comps[0].index] })
	planes, err := r.decodeCoefficients(neededScans(scans, limits), wanted, place, allow)
	if err != nil {
		return nil, err
	}
	return planes[:len(limits)], nil
}

// decodeCoefficients decodes the scans of a progressive file (T.81, annex G) and
// returns the planes of the wanted components.
func (r *Reader) decodeCoefficients(scans []codedScan, wanted []bool, place places, allow func(int64) error) ([]coefPlane, error) {
	if err := allow(int64(len(r.src.buf)) + coefPlaneBytes(&r.frame, wanted)); err != nil {
		return nil, err
	}
	planes := newCoefPlanes(&r.frame, wanted, &place)
	breach, err := r.decodeScans(scans, planes)
	switch {
	case err != nil:
		return nil, err
	case breach != nil:
		return planes, r.options.Tolerate.Handle(breach)
	}
	return planes, nil
}

// entropyReader returns a reader of the data of the scan.
func (sc *codedScan) entropyReader() *entropyReader {
	src := &source{buf: sc.data, released: true, err: io.EOF}
	return newEntropyReader(src, min(len(sc.data), 2*flushSize))
}

// coefSink returns the sink that decodes the scan into planes.
func (sc *codedScan) coefSink(planes []coefPlane) sink {
	if sc.ss == 0 {
		return newDCSink(&sc.scan, planes)
	}
	ac := acSink{plane: planes[sc.comps[0].index], al: sc.al, ss: sc.ss, se: sc.se, table: sc.comps[0].ac.lookupTable()}
	if sc.ah == 0 {
		return &acFirst{ac}
	}
	return &acRefine{ac}
}
