package jpegdct

import (
	"bytes"
	"io"
	"sync"
	"unsafe"
)

// A codedScan is one scan of a progressive file that lies in memory.
type codedScan struct {
	scan
	data []byte // still stuffed, restart markers included
}

// maxScans bounds the time that a small file can take. Encoders write about a
// dozen.
const maxScans = 500

// scans reads the whole of a progressive file and finds its scans. Their data
// are not decoded, unless the file lacks its EOI: then the last scan is, for
// nothing else can say whether it is whole.
func (r *Reader) scans(allow func(int64) error) ([]codedScan, error) {
	raw, err := r.src.all(allow)
	if err != nil {
		return nil, err
	}
	r.src.i = len(r.src.buf) - len(raw)
	var scans []codedScan
	bits := make([]precision, len(r.frame.comps))
	for sc := r.first; ; {
		if len(scans) == maxScans {
			return nil, corrupt("more than %d scans", maxScans)
		}
		if err := sc.advance(bits); err != nil {
			return nil, err
		}
		data, marker := scanData(r.src.buf[r.src.i:])
		scans = append(scans, codedScan{sc, data})
		r.src.i += len(data)
		if marker == 0 {
			r.src.i = len(r.src.buf)
		} else {
			m, err := r.marker()
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

// advance checks that the scan follows from those before it (T.81, G.1.1.1.2).
func (sc *scan) advance(bits []precision) error {
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
	_, err := r.coefficients(scans, wanted, naturalLayout(), allow)
	return err
}

// A coefPlane has a component's coefficients, with those of blocks that only fill
// up MCUs.
type coefPlane struct {
	coefLayout
	tiles  []tile
	stride int      // tiles in a row
	known  []uint64 // by block: which AC coefficients are known not to be 0
	across int      // blocks in a row
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

func (l coefLayout) plane(f *frame, c *frameComponent) coefPlane {
	p := coefPlane{coefLayout: l, stride: ceilDiv(f.mcusX, l.n) * c.H, across: f.mcusX * c.H}
	p.tiles = make([]tile, p.stride*ceilDiv(f.mcusY, l.n)*c.V)
	p.known = make([]uint64, p.across*f.mcusY*c.V)
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

// coefficients decodes the wanted components (T.81, annex G), whose scans must
// be in order. DC comes first, then the AC scans of each component, which need no
// other's, side by side.
func (r *Reader) coefficients(scans []codedScan, wanted []bool, l coefLayout, allow func(int64) error) ([]coefPlane, error) {
	if err := allow(int64(len(r.src.buf)) + l.bytes(&r.frame, wanted)); err != nil {
		return nil, err
	}
	planes := make([]coefPlane, len(r.frame.comps))
	for i := range planes {
		if wanted[i] {
			planes[i] = l.plane(&r.frame, &r.frame.comps[i])
		}
	}
	errs := make([]error, len(scans)) // the first is the one to tell
	read := func(wanted func(*codedScan) bool) {
		for i := range scans {
			if sc := &scans[i]; wanted(sc) {
				if errs[i] = sc.decode(sc.entropy(), sc.coefSink(planes)); errs[i] != nil {
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

// entropy gives the scan's data to be decoded.
func (sc *codedScan) entropy() *entropy {
	src := &source{buf: sc.data, released: true, err: io.EOF}
	return newEntropy(src, min(len(sc.data), 2*flushSize))
}

func (sc *codedScan) coefSink(planes []coefPlane) sink {
	if sc.ss == 0 {
		return newDCSink(&sc.scan, planes)
	}
	ac := acSink{plane: planes[sc.comps[0].index], al: sc.al, ss: sc.ss, se: sc.se, table: sc.comps[0].ac.table()}
	if sc.ah == 0 {
		return &acFirst{ac}
	}
	return &acRefine{ac}
}

// dcSink decodes DC scans (T.81, G.1.2.1), into planes that may be missing.
type dcSink struct {
	refine bool
	al     int
	blocks []dcBlock // of one MCU
	pred   [4]int32
}

type dcBlock struct {
	index  int // component
	table  *lookup
	plane  coefPlane
	h, v   int // blocks per MCU
	dx, dy int // place in the MCU
}

func newDCSink(sc *scan, planes []coefPlane) *dcSink {
	s := &dcSink{refine: sc.ah > 0, al: sc.al}
	for _, c := range sc.comps {
		b := dcBlock{index: c.index, plane: planes[c.index], h: c.h, v: c.v}
		if !s.refine {
			b.table = c.dc.table()
		}
		for b.dy = range c.v {
			for b.dx = range c.h {
				s.blocks = append(s.blocks, b)
			}
		}
	}
	return s
}

func (s *dcSink) restart(*entropy)        { s.pred = [4]int32{} }
func (s *dcSink) row(*entropy, int) error { return nil }

func (s *dcSink) mcus(e *entropy, x, y, n int) error {
	for end := x + n; x < end; x++ {
		if e.pos > e.safe {
			if err := e.more(); err != nil {
				return err
			}
		}
		for i := range s.blocks {
			b := &s.blocks[i]
			v, err := dcValue(e, b.table, &s.pred[b.index])
			if err != nil {
				return err
			}
			if b.plane.tiles != nil {
				to, place := b.plane.block(x*b.h+b.dx, y*b.v+b.dy)
				to[place[0]] |= int16(v << s.al)
			}
		}
	}
	return nil
}

// dcValue reads a DC coefficient's first bits, or with no table the next one.
func dcValue(e *entropy, t *lookup, pred *int32) (int32, error) {
	w := window(e.buf, e.pos)
	if t == nil {
		e.pos++
		return int32(w >> 63), nil
	}
	symbol, length := t.symbol(w)
	if length == 0 {
		return 0, e.badCode(e.pos)
	}
	*pred += extend(w<<(length&63), int(symbol))
	e.pos += length + int(symbol)
	return *pred, nil
}
