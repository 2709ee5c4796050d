package jpegdct

import (
	"errors"
	"fmt"
	"io"
)

// EncodeOptions are the options of [Encode].
type EncodeOptions struct {
	// Quality is the quality, 1..100, of the table of [StandardQuant] that planes with
	// Quant = nil get; 0 means 75.
	Quality int
	// Optimise makes Huffman tables for this picture (T.81, K.2). It takes 2 bytes of
	// memory for each sample.
	Optimise bool
	// RestartInterval is the restart interval in MCUs, at most 65535; 0 means none.
	RestartInterval int
	// JFIF, if not nil, is written as a JFIF segment. It is for gray and YCbCr only.
	JFIF *JFIF
	// Segments are the application and comment segments to write. If JFIF is set, a
	// JFIF segment among them takes its place; if not, JFIF segments are left out.
	// Adobe segments are left out; RGB, CMYK and YCCK pictures get one.
	Segments []Segment
}

// Encode writes planes as a baseline JPEG, or an extended one if a quantisation table
// has 16-bit elements: as one interleaved scan, or as one scan for each component if
// an MCU would have more than 10 blocks. The size of each plane must be as [Plane]
// says. A picture of 2 components must have the colour space UnknownColor. If planes or
// options are invalid, Encode returns an error and writes nothing.
func Encode(w io.Writer, p *Planes, o EncodeOptions) error {
	e, err := newPlaneEncoder(w, p, o)
	if err != nil {
		return fmt.Errorf("jpegdct: encode: %w", err)
	}
	return e.encode()
}

// A planeEncoder is one run of Encode.
type planeEncoder struct {
	p     *Planes
	o     EncodeOptions
	h     Header
	frame frame
	out   *output
	comps []encodedPlane
}

// An encodedPlane is a plane and the tables it is coded with.
type encodedPlane struct {
	*Plane
	slot   int // of the Huffman tables
	quant  *QuantTable
	q      *quantiser
	dcSpec *huffman
	acSpec *huffman
	dc     *[12]dcCode // made from dcSpec
	ac     *acCodes    // made from acSpec
}

// newPlaneEncoder checks the planes and options, and makes an encoder, which has not
// written anything yet.
func newPlaneEncoder(w io.Writer, p *Planes, o EncodeOptions) (*planeEncoder, error) {
	if p.Width < 1 || p.Height < 1 || p.Width > 65535 || p.Height > 65535 {
		return nil, fmt.Errorf("size %dx%d is not possible in a JPEG", p.Width, p.Height)
	}
	if o.RestartInterval < 0 || o.RestartInterval > 65535 {
		return nil, fmt.Errorf("restart interval %d is not in 0..65535", o.RestartInterval)
	}
	want := map[ColorSpace]int{Gray: 1, YCbCr: 3, RGB: 3, CMYK: 4, YCCK: 4, UnknownColor: 2}[p.ColorSpace]
	if want != len(p.Planes) {
		return nil, fmt.Errorf("%d planes for %v", len(p.Planes), p.ColorSpace)
	}
	e := &planeEncoder{p: p, o: o, out: newOutput(w, min(max(p.Width*p.Height/8, 4<<10), flushSize+flushSize/4))}
	ids := map[ColorSpace]string{RGB: "RGB", CMYK: "CMYK"}[p.ColorSpace]
	for i := range p.Planes {
		c := Component{ID: byte(i + 1), H: p.Planes[i].H, V: p.Planes[i].V, Tq: tableSlot(p.ColorSpace, i)}
		if ids != "" {
			c.ID = ids[i]
		}
		if c.H < 1 || c.H > 4 || c.V < 1 || c.V > 4 {
			return nil, fmt.Errorf("plane %d has invalid sampling factors %dx%d", i+1, c.H, c.V)
		}
		e.h.Components = append(e.h.Components, c)
	}
	if len(p.Planes) == 1 {
		e.h.Components[0].H, e.h.Components[0].V = 1, 1
	}
	e.h.Width, e.h.Height, e.h.ColorSpace, e.h.JFIF = p.Width, p.Height, p.ColorSpace, o.JFIF
	if p.ColorSpace == YCCK {
		e.h.AdobeTransform = 2
	}
	e.frame = newFrame(&e.h)
	return e, e.prepare()
}

// prepare checks the planes and chooses their tables.
func (e *planeEncoder) prepare() error {
	quality := e.o.Quality
	if quality == 0 {
		quality = 75
	}
	e.comps = make([]encodedPlane, len(e.p.Planes))
	for i := range e.comps {
		p, f := &e.p.Planes[i], &e.frame.comps[i]
		if p.Width != f.width || p.Height != f.height {
			return fmt.Errorf("plane %d is %dx%d, but should be %dx%d", i+1, p.Width, p.Height, f.width, f.height)
		}
		if p.Stride < p.Width || len(p.Pix) < p.Stride*(p.Height-1)+p.Width {
			return fmt.Errorf("plane %d has too few samples", i+1)
		}
		c := encodedPlane{Plane: p, slot: tableSlot(e.p.ColorSpace, i), quant: p.Quant}
		if c.quant == nil {
			c.quant = StandardQuant(c.slot == 1, quality)
		}
		for _, q := range c.quant {
			if q == 0 {
				return errors.New("quantisation table has a zero element")
			}
		}
		c.q = newQuantiser(c.quant)
		e.comps[i] = c
	}
	// Planes with the same quantisation table share a slot.
	for i := range e.comps {
		slot := 0
		for *e.comps[slot].quant != *e.comps[i].quant {
			slot++
		}
		e.h.Components[i].Tq = slot
	}
	return nil
}

// encode writes the JPEG.
func (e *planeEncoder) encode() error {
	var kept [][]keptBlock
	scans := e.frame.outputScans()
	if e.o.Optimise {
		kept = e.optimise(scans)
	} else {
		var codes codeTables
		for i := range e.comps {
			c := &e.comps[i]
			c.dc, c.ac = codes.slot(c.slot)
			c.dcSpec, c.acSpec = codes.dcSpec[c.slot], codes.acSpec[c.slot]
		}
	}
	e.writeHeaders()
	for i, comps := range scans {
		s := e.beginScan(comps)
		if kept != nil {
			s.kept = kept[i]
		}
		if err := s.encodeMCUs(); err != nil {
			return err
		}
		e.out.align()
	}
	e.out.writeMarker(mEOI)
	return e.out.flush()
}

// writeHeaders writes the segments before the Huffman tables of the first scan.
func (e *planeEncoder) writeHeaders() {
	cs := e.p.ColorSpace
	e.out.writeAppSegments(&e.h, e.o.Segments, cs == RGB || cs == CMYK || cs == YCCK)
	sof := byte(mSOF0)
	for i, c := range e.comps {
		e.out.writeDQT(e.h.Components[i].Tq, c.quant)
		if c.quant.is16Bit() {
			sof = mSOF1
		}
	}
	e.out.writeSOF(sof, e.p.Width, e.p.Height, e.h.Components)
	e.out.writeDRI(e.o.RestartInterval)
}

// A planeScan encodes a scan. With Optimise there are two for each scan: the first
// counts symbols and keeps the blocks, the second writes the kept blocks.
type planeScan struct {
	*planeEncoder
	comps        []scanComponent
	mcusX, mcusY int           // size in MCUs
	preds        [4]int32      // DC predictions by component of the frame
	counts       *symbolCounts // not nil: count symbols and keep blocks, do not write
	kept         []keptBlock
	nextKept     int // index of the next kept block to write
	block        coefBlock
}

// newScan makes a planeScan of the components.
func (e *planeEncoder) newScan(comps []scanComponent) *planeScan {
	s := &planeScan{planeEncoder: e, comps: comps, mcusX: e.frame.mcusX, mcusY: e.frame.mcusY}
	if len(comps) == 1 {
		s.mcusX, s.mcusY = e.frame.comps[comps[0].index].blocksX, e.frame.comps[comps[0].index].blocksY
	}
	return s
}

// beginScan writes all segments before the data of a scan of the components.
func (e *planeEncoder) beginScan(comps []scanComponent) *planeScan {
	var entries []scanEntry
	for _, sc := range comps {
		c := &e.comps[sc.index]
		e.out.writeDHT(0, c.slot, c.dcSpec)
		e.out.writeDHT(1, c.slot, c.acSpec)
		entries = append(entries, scanEntry{e.h.Components[sc.index].ID, c.slot, c.slot})
	}
	e.out.writeSOS(0, 63, 0, 0, entries...)
	return e.newScan(comps)
}

// encodeMCUs encodes the MCUs of the scan, and the restart markers between them.
func (s *planeScan) encodeMCUs() error {
	left, restarts := s.o.RestartInterval, 0
	for y := range s.mcusY {
		for x := range s.mcusX {
			if s.o.RestartInterval > 0 {
				if left == 0 {
					s.restart(restarts)
					restarts, left = restarts+1, s.o.RestartInterval
				}
				left--
			}
			s.encodeMCU(x, y)
		}
		if err := s.out.flushIfFull(); err != nil {
			return err
		}
	}
	return nil
}

// restart begins a new restart interval after the n-th restart marker.
func (s *planeScan) restart(n int) {
	s.preds = [4]int32{}
	if s.counts == nil {
		s.out.align()
		s.out.writeMarker(byte(mRST0 + n&7))
	}
}

// encodeMCU encodes the MCU in column x and row y.
func (s *planeScan) encodeMCU(x, y int) {
	for _, sc := range s.comps {
		c, f := &s.planeEncoder.comps[sc.index], &s.frame.comps[sc.index]
		for dy := range sc.v {
			for dx := range sc.h {
				bx, by := x*sc.h+dx, y*sc.v+dy
				switch {
				case s.kept != nil && s.counts == nil:
					k := &s.kept[s.nextKept]
					s.nextKept++
					s.encodeBlock(sc.index, &k.block, k.nonzero)
				case bx >= f.blocksX || by >= f.blocksY:
					// The block only completes the MCU: DC difference 0, then EOB.
					s.block = coefBlock{int16(s.preds[sc.index])}
					s.encodeBlock(sc.index, &s.block, 0)
				default:
					s.encodeBlock(sc.index, &s.block, c.transform(bx, by, &s.block))
				}
			}
		}
	}
}

// encodeBlock writes a block of a component, or counts its symbols.
func (s *planeScan) encodeBlock(comp int, block *coefBlock, nonzero uint64) {
	c := &s.planeEncoder.comps[comp]
	diff := int32(block[0]) - s.preds[comp]
	s.preds[comp] = int32(block[0])
	if s.counts != nil {
		s.counts.dc[c.slot][category(diff)]++
		s.counts.ac[c.slot].countAC(block, nonzero)
		s.kept = append(s.kept, keptBlock{*block, nonzero})
		return
	}
	s.out.writeDC(c.dc, diff)
	s.out.writeAC(c.ac, block, nonzero)
}

// transform computes the quantised coefficients of the block in column bx and row by.
// Beyond the edges of the plane, the last column and row are repeated. Bit i of nonzero
// is set if out[i] is not 0.
func (c *encodedPlane) transform(bx, by int, out *coefBlock) (nonzero uint64) {
	var b [64]int32
	x0, y0 := bx*8, by*8
	for y := range 8 {
		row := c.Pix[min(y0+y, c.Height-1)*c.Stride+x0:]
		to := (*[8]int32)(b[y*8:])
		if x0+8 <= c.Width {
			for x, v := range (*[8]byte)(row) {
				to[x] = int32(v) - 128
			}
			continue
		}
		for x := range to {
			to[x] = int32(row[min(x, c.Width-1-x0)]) - 128
		}
	}
	fdct(&b)
	return c.q.quantise(&b, out)
}
