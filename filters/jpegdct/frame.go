package jpegdct

// A frame is the size of a picture and its components in samples, blocks and MCUs
// (T.81, A.1.1 and A.2).
type frame struct {
	progressive  bool
	arithmetic   bool
	hmax, vmax   int // largest sampling factors
	mcusX, mcusY int // size in MCUs of an interleaved scan
	comps        []frameComponent
}

// A frameComponent is a component and its size.
type frameComponent struct {
	Component
	width, height    int         // in samples
	blocksX, blocksY int         // in blocks, without those that only complete an MCU (T.81, A.2.4)
	quant            *QuantTable // the table in force at the component's first scan; nil before it
}

// newFrame computes the sizes from a header.
func newFrame(h *Header) frame {
	f := frame{
		progressive: h.Process == Progressive || h.Process == ProgressiveArithmetic,
		arithmetic:  h.Process == Arithmetic || h.Process == ProgressiveArithmetic,
	}
	f.hmax, f.vmax = h.maxSampling()
	f.mcusX = ceilDiv(h.Width, 8*f.hmax)
	f.mcusY = ceilDiv(h.Height, 8*f.vmax)
	f.comps = make([]frameComponent, 0, len(h.Components))
	for _, c := range h.Components {
		fc := frameComponent{Component: c, width: ceilDiv(h.Width*c.H, f.hmax), height: ceilDiv(h.Height*c.V, f.vmax)}
		fc.blocksX, fc.blocksY = ceilDiv(fc.width, 8), ceilDiv(fc.height, 8)
		f.comps = append(f.comps, fc)
	}
	return f
}

// cutColumn returns the column of the first block in the row by that has samples outside
// of a plane of width x height samples.
func cutColumn(width, height, by int) int {
	if by >= height/8 {
		return 0
	}
	return width / 8
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// inMemory reports whether all coefficients have to be in memory before one is of use:
// those of a progressive frame, and for simplicity those of an arithmetic-coded one.
func (f *frame) inMemory() bool { return f.progressive || f.arithmetic }

// outputScans divides the components among sequential scans to be written: one
// interleaved scan if its MCU has at most 10 blocks (T.81, B.2.3), otherwise one
// scan for each component.
func (f *frame) outputScans() [][]scanComponent {
	var all []scanComponent
	blocks := 0
	for i, c := range f.comps {
		all = append(all, scanComponent{index: i, h: c.H, v: c.V})
		blocks += c.H * c.V
	}
	if blocks <= maxMCUBlocks && len(all) > 1 {
		return [][]scanComponent{all}
	}
	var scans [][]scanComponent
	for _, c := range all {
		c.h, c.v = 1, 1
		scans = append(scans, []scanComponent{c})
	}
	return scans
}
