package jpegdct

import (
	"io"
	"math"
	"sync"
	"unsafe"
)

// A coefPlane has the coefficients of a component, with those of blocks that only
// complete an MCU.
type coefPlane struct {
	coefLayout
	tiles       []tile
	stride      int      // tiles in a row
	nonzero     []uint64 // by block: bit k is set if coefficient k is not 0 so far, k > 0
	blockStride int      // blocks in a row
}

// block returns the tile of the block in column x and row y, and its places there.
func (p *coefPlane) block(x, y int) (*tile, *places) {
	n := p.n & 15
	return &p.tiles[y/n*p.stride+x/n], &p.place[(y%n*n+x%n)&63]
}

// A coefLayout says how coefficients are stored in tiles.
type coefLayout struct {
	n      int         // a tile has n x n blocks; a power of 2
	place  *[64]places // by position of the block in the tile, row*n+column
	wanted uint64      // bit k is set if coefficient k may be needed
}

// newPlane makes a plane for the component c.
func (l coefLayout) newPlane(f *frame, c *frameComponent) coefPlane {
	p := coefPlane{coefLayout: l, stride: ceilDiv(f.mcusX, l.n) * c.H, blockStride: f.mcusX * c.H}
	p.tiles = make([]tile, p.stride*ceilDiv(f.mcusY, l.n)*c.V)
	p.nonzero = make([]uint64, p.blockStride*f.mcusY*c.V)
	return p
}

// bytes returns the memory for the planes of the wanted components.
func (l coefLayout) bytes(f *frame, wanted []bool) (sum int64) {
	for i, c := range f.comps {
		if wanted[i] {
			tiles := int64(ceilDiv(f.mcusX, l.n)*c.H) * int64(ceilDiv(f.mcusY, l.n)*c.V)
			sum += tiles*int64(unsafe.Sizeof(tile{})) + int64(f.mcusX*c.H)*int64(f.mcusY*c.V)*8
		}
	}
	return sum
}

// naturalLayout returns the layout with one block in a tile, row by row.
func naturalLayout() coefLayout {
	return coefLayout{1, &[64]places{naturalPlaces(8)}, math.MaxUint64}
}

// naturalPlaces returns the places of the k x k lowest frequencies in a tile that has
// one block, row by row.
func naturalPlaces(k int) (p places) {
	for i := range p {
		p[i] = tileJunk
		if i < 64 && int(zigzag[i]&7) < k && int(zigzag[i]>>3) < k {
			p[i] = zigzag[i]
		}
	}
	return p
}

// allCoefficients reads a progressive file to its end and returns the planes of all
// components. Coefficients above the zigzag index limit may be missing.
func (r *Reader) allCoefficients(limit int, l coefLayout, allow func(int64) error) ([]coefPlane, error) {
	scans, err := r.readScans(allow)
	if err != nil {
		return nil, err
	}
	all := make([]bool, len(r.frame.comps))
	for i, c := range r.frame.comps {
		all[i] = true
		if c.quant == nil {
			return nil, truncated("no scan of component %d", i+1)
		}
	}
	return r.decodeCoefficients(neededScans(scans, limit), all, l, allow)
}

// decodeCoefficients decodes the scans of a progressive file (T.81, annex G) and
// returns the planes of the wanted components. DC scans are decoded first, then the AC
// scans: those of one component in order, and the components in parallel.
func (r *Reader) decodeCoefficients(scans []codedScan, wanted []bool, l coefLayout, allow func(int64) error) ([]coefPlane, error) {
	if err := allow(int64(len(r.src.buf)) + l.bytes(&r.frame, wanted)); err != nil {
		return nil, err
	}
	planes := make([]coefPlane, len(r.frame.comps))
	for i := range planes {
		if wanted[i] {
			planes[i] = l.newPlane(&r.frame, &r.frame.comps[i])
		}
	}
	errs, breaches := make([]error, len(scans)), make([]error, len(scans)) // by scan; the first of each counts
	read := func(wanted func(*codedScan) bool) {
		for i := range scans {
			if sc := &scans[i]; wanted(sc) {
				if breaches[i], errs[i] = sc.decodeInto(planes, r.frame.arithmetic); errs[i] != nil {
					return
				}
			}
		}
	}
	read(func(sc *codedScan) bool { return sc.ss == 0 })
	var reading sync.WaitGroup
	for index := range planes {
		if wanted[index] {
			reading.Go(func() {
				read(func(sc *codedScan) bool { return sc.ss > 0 && sc.comps[0].index == index })
			})
		}
	}
	reading.Wait()
	if err := firstError(errs); err != nil {
		return nil, err
	}
	if breach := firstError(breaches); breach != nil {
		return planes, r.options.Tolerate.Handle(breach)
	}
	return planes, nil
}

// decodeInto decodes the scan into planes. It also returns what broke the standard beside
// the coefficients, or nil.
func (sc *codedScan) decodeInto(planes []coefPlane, arithmetic bool) (breach, err error) {
	if arithmetic {
		return nil, sc.decodeArithmetic(planes)
	}
	e := sc.entropyReader()
	err = sc.decode(e, sc.coefSink(planes))
	return e.breach, err
}

// firstError returns the first error that is not nil, or nil.
func firstError(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
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
