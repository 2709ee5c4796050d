package jpegdct

// A frame is the geometry of the picture in blocks (T.81, A.1.1 and A.2).
type frame struct {
	progressive  bool
	hmax, vmax   int
	mcusX, mcusY int // of a scan of several components
	comps        []frameComponent
}

type frameComponent struct {
	Component
	width, height    int         // samples
	blocksX, blocksY int         // that hold samples
	quant            *QuantTable // as it stood when the component's first scan began
}

func newFrame(h *Header) frame {
	f := frame{progressive: h.Process == Progressive}
	f.hmax, f.vmax = h.maxSampling()
	f.mcusX = ceilDiv(h.Width, 8*f.hmax)
	f.mcusY = ceilDiv(h.Height, 8*f.vmax)
	for _, c := range h.Components {
		fc := frameComponent{Component: c, width: ceilDiv(h.Width*c.H, f.hmax), height: ceilDiv(h.Height*c.V, f.vmax)}
		fc.blocksX, fc.blocksY = ceilDiv(fc.width, 8), ceilDiv(fc.height, 8)
		f.comps = append(f.comps, fc)
	}
	return f
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// outputScans says how to put the frame's components into sequential scans:
// interleaved if one MCU can hold them (T.81, B.2.3).
func (f *frame) outputScans() [][]scanComponent {
	var all []scanComponent
	blocks := 0
	for i, c := range f.comps {
		all = append(all, scanComponent{index: i, h: c.H, v: c.V})
		blocks += c.H * c.V
	}
	if blocks <= 10 && len(all) > 1 {
		return [][]scanComponent{all}
	}
	var scans [][]scanComponent
	for _, c := range all {
		c.h, c.v = 1, 1
		scans = append(scans, []scanComponent{c})
	}
	return scans
}
