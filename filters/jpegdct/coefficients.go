package jpegdct

import (
	"io"
	"math"
	"sync"
	"unsafe"
)

// A coefPlane has a component's coefficients, with those of blocks that only fill
// up MCUs.
type coefPlane struct {
	coefLayout
	tiles       []tile
	stride      int      // tiles in a row
	nonzero     []uint64 // by block: which AC coefficients are known not to be 0
	blockStride int      // blocks in a row
}

// block finds the block at x of the row y.
func (p *coefPlane) block(x, y int) (*tile, *places) {
	n := p.n & 15
	return &p.tiles[y/n*p.stride+x/n], &p.place[(y%n*n+x%n)&63]
}

// A coefLayout says how many blocks go to a tile, n x n, where in it the
// coefficients go, and which are wanted at most: those up to some zigzag index.
type coefLayout struct {
	n      int // a power of 2
	place  *[64]places
	wanted uint64
}

func (l coefLayout) newPlane(f *frame, c *frameComponent) coefPlane {
	p := coefPlane{coefLayout: l, stride: ceilDiv(f.mcusX, l.n) * c.H, blockStride: f.mcusX * c.H}
	p.tiles = make([]tile, p.stride*ceilDiv(f.mcusY, l.n)*c.V)
	p.nonzero = make([]uint64, p.blockStride*f.mcusY*c.V)
	return p
}

// bytes is what the planes of all wanted components take.
func (l coefLayout) bytes(f *frame, wanted []bool) (sum int64) {
	for i, c := range f.comps {
		if wanted[i] {
			tiles := int64(ceilDiv(f.mcusX, l.n)*c.H) * int64(ceilDiv(f.mcusY, l.n)*c.V)
			sum += tiles*int64(unsafe.Sizeof(tile{})) + int64(f.mcusX*c.H)*int64(f.mcusY*c.V)*8
		}
	}
	return sum
}

// naturalLayout has each block in a tile of its own, row by row.
func naturalLayout() coefLayout {
	var place places
	for k := range place {
		if place[k] = tileJunk; k < 64 {
			place[k] = zigzag[k]
		}
	}
	return coefLayout{1, &[64]places{place}, math.MaxUint64}
}

// decodeCoefficients decodes the wanted components (T.81, annex G), whose scans must
// be in order. DC comes first, then the AC scans of each component, which need no
// other's, side by side.
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
	errs := make([]error, len(scans)) // the first is the one to tell
	read := func(wanted func(*codedScan) bool) {
		for i := range scans {
			if sc := &scans[i]; wanted(sc) {
				if errs[i] = sc.decode(sc.entropyReader(), sc.coefSink(planes)); errs[i] != nil {
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
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return planes, nil
}

// entropyReader gives the scan's data to be decoded.
func (sc *codedScan) entropyReader() *entropyReader {
	src := &source{buf: sc.data, released: true, err: io.EOF}
	return newEntropyReader(src, min(len(sc.data), 2*flushSize))
}

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
