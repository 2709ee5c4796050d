package jpegdct

import "math"

// DecodeOptions are the options of [Reader.Decode].
type DecodeOptions struct {
	// Scale decodes the picture at Scale/8 of its size, 1..8; 0 means 8 (full size).
	// Width and height are rounded up, as in libjpeg.
	Scale int
	// Allow, if not nil, is called before memory is allocated in proportion to the
	// picture or a progressive file, with the total in bytes that will be held. An error
	// that it returns is returned.
	Allow func(bytes int64) error
}

// Decode decodes the samples of all components, without upsampling and colour
// conversion. At full size, samples differ by at most 1 from those of libjpeg's islow
// method. Scaled, the lowest frequencies of each block are transformed to fewer
// samples, as in libjpeg, which at 1/2 also uses some higher frequencies. Blocks that the
// picture ends in are decoded in full first, so that what an encoder put beyond the edges
// does not get into the samples.
func (r *Reader) Decode(o DecodeOptions) (*Planes, error) {
	if err := r.checkSupported(); err != nil {
		return nil, err
	}
	k := o.Scale
	if k == 0 {
		k = 8
	}
	if k < 1 || k > 8 {
		return nil, unsupported("decoding at %d/8", k)
	}
	if err := r.claim(); err != nil {
		return nil, err
	}
	allow := allowance(o.Allow)
	d := &decoder{r: r, k: k, idct: newIDCT(k)}
	if r.frame.inMemory() {
		return d.inMemory(allow)
	}
	return d.sequential(allow)
}

// A decoder is one run of Decode.
type decoder struct {
	r    *Reader
	k    int // a block becomes k x k samples
	idct *idct
	p    Planes
}

// planeBytes returns the memory for the planes, with the blocks that only complete an
// MCU.
func (d *decoder) planeBytes() (bytes int64) {
	f := &d.r.frame
	for _, c := range d.r.kept() {
		bytes += int64(f.mcusX*c.H) * int64(f.mcusY*c.V) * int64(d.k*d.k)
	}
	return bytes
}

// alloc makes the planes.
func (d *decoder) alloc() {
	f, h := &d.r.frame, &d.r.hdr
	d.p = Planes{
		Width: scaledSize(h.Width, d.k), Height: scaledSize(h.Height, d.k),
		ColorSpace: h.ColorSpace, Adobe: h.Adobe,
	}
	for i, c := range d.r.kept() {
		p := Plane{
			Width:  ceilDiv(h.Width*c.H*d.k, 8*f.hmax),
			Height: ceilDiv(h.Height*c.V*d.k, 8*f.vmax),
			Stride: f.mcusX * c.H * d.k, H: h.Components[i].H, V: h.Components[i].V,
		}
		p.Pix = make([]byte, p.Stride*f.mcusY*c.V*d.k)
		d.p.Planes = append(d.p.Planes, p)
	}
}

// sequential is Decode for a sequential file.
func (d *decoder) sequential(allow func(int64) error) (*Planes, error) {
	if err := allow(d.planeBytes()); err != nil {
		return nil, err
	}
	d.alloc()
	e := newEntropyReader(&d.r.src, d.r.bufferSize()/2)
	err := d.r.sequentialScans(e, len(d.p.Planes), func(sc *scan) error {
		if d.r.drops(sc.comps[0]) {
			return sc.decode(e, newSkipSink(sc, d.r.skipIndexBits()))
		}
		return sc.decode(e, d.newSink(sc))
	})
	if err != nil {
		return nil, err
	}
	return d.result(), nil
}

// inMemory is Decode for a file whose coefficients all have to be in memory.
func (d *decoder) inMemory(allow func(int64) error) (*Planes, error) {
	planes := d.planeBytes()
	coefs, err := d.r.coefficients(d.neededLimits(), naturalPlaces(8), func(n int64) error { return allow(n + planes) })
	if err != nil {
		return nil, err
	}
	d.alloc()
	for i := range coefs {
		d.transform(i, &coefs[i])
	}
	return d.result(), nil
}

// neededLimits returns the largest zigzag index that is needed, by component: of a block that
// the picture ends in, all coefficients are.
func (d *decoder) neededLimits() (limits []int) {
	for _, c := range d.r.kept() {
		limit := d.idct.limit
		if c.width%8 > 0 || c.height%8 > 0 {
			limit = 63
		}
		limits = append(limits, limit)
	}
	return limits
}

// result returns the planes with their quantisation tables, fit to encode them.
func (d *decoder) result() *Planes {
	for i := range d.p.Planes {
		d.p.Planes[i].Quant = d.r.frame.comps[i].quant.withoutZeros()
	}
	return &d.p
}

// transform computes the samples of a component from its coefficients.
func (d *decoder) transform(index int, from *coefPlane) {
	quant := d.r.frame.comps[index].quant.natural()
	for i := range from.blocks {
		d.transformBlock(index, i%from.stride, i/from.stride, &from.blocks[i], &quant)
	}
}

// transformBlock computes the samples of the block in column x and row y of a component.
func (d *decoder) transformBlock(index, x, y int, block *coefs, quant *[64]int32) {
	p, c := &d.p.Planes[index], &d.r.frame.comps[index]
	to := p.Pix[y*d.k*p.Stride+x*d.k:]
	width, height := c.width-8*x, c.height-8*y
	if d.k < 8 && (width < 8 || height < 8) && width > 0 && height > 0 {
		d.idct.transformEdge(block, quant, min(width, 8), min(height, 8), to, p.Stride)
		return
	}
	d.idct.transform(block, quant, to, p.Stride)
}

// A decodeSink is the sink of a sequential scan.
type decodeSink struct {
	*decoder
	blocks []decodeBlock // of an MCU
	block  []tile        // one: low has the block that is read
}

// A decodeBlock is a block of an MCU.
type decodeBlock struct {
	comp   int       // index of the component in the frame
	dx, dy int       // position in the component's part of the MCU
	h, v   int       // size in blocks of this part
	run    *blockRun // reads the k x k lowest frequencies
	whole  *blockRun // reads all
	quant  [64]int32
	cut    int  // column of the first block of its row of which all frequencies are needed
	drop   bool // no samples are made of it
}

// newSink makes the sink of the scan sc.
func (d *decoder) newSink(sc *scan) *decodeSink {
	s := &decodeSink{decoder: d, block: make([]tile, 1)}
	place, all := naturalPlaces(d.k), naturalPlaces(8)
	values, skips := sc.acTables(d.r.skipIndexBits(), d.k < 8 || len(d.r.kept()) < len(d.r.frame.comps), make([]*bounds, len(sc.comps)))
	for i, c := range sc.comps {
		limit, drop := d.idct.limit, d.r.drops(c)
		if drop {
			limit = 0
		}
		reader := newBlockReader(&c, values[i], skips[i], limit, unbounded)
		b := decodeBlock{
			comp: c.index, h: c.h, v: c.v, run: newBlockRun(reader, &place), whole: newBlockRun(reader.whole(), &all),
			quant: d.r.frame.comps[c.index].quant.natural(), cut: math.MaxInt, drop: drop,
		}
		for b.dy = range c.v {
			for b.dx = range c.h {
				s.blocks = append(s.blocks, b)
			}
		}
	}
	return s
}

func (s *decodeSink) restart(*entropyReader) {
	for i := range s.blocks {
		*s.blocks[i].run.blocks[0].reader.pred = 0
	}
}

func (s *decodeSink) endRow(*entropyReader, int) error { return nil }

func (s *decodeSink) readMCUs(e *entropyReader, x, y, n int) error {
	s.beginRow(y)
	for end := x + n; x < end; x++ {
		if e.pos > e.safe {
			if err := e.ensureMCU(); err != nil {
				return err
			}
		}
		pos := e.pos
		for i := range s.blocks {
			b := &s.blocks[i]
			run, bx := b.run, x*b.h+b.dx
			if bx >= b.cut {
				run = b.whole
			}
			clear(s.block)
			if pos = run.readOne(e.buf, pos, s.block); pos < 0 {
				return e.badCodeError(e.pos)
			}
			if !b.drop {
				s.transformBlock(b.comp, bx, y*b.v+b.dy, &s.block[0].low, &b.quant)
			}
		}
		e.pos = pos
	}
	return nil
}

// beginRow finds the blocks of MCU row y of which all frequencies are needed.
func (s *decodeSink) beginRow(y int) {
	if s.k == 8 {
		return
	}
	for i := range s.blocks {
		b := &s.blocks[i]
		c := &s.r.frame.comps[b.comp]
		b.cut = cutColumn(c.width, c.height, y*b.v+b.dy)
	}
}
