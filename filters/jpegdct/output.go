package jpegdct

import "io"

// output is a JPEG's marker segments on top of its bits.
type output struct {
	bitWriter
	restart int         // the interval in force
	tables  [8]*huffman // by class*4+slot: the tables in force
	quants  [4]*QuantTable
}

func newOutput(w io.Writer, size int) *output {
	return &output{bitWriter: newBitWriter(w, size)}
}

// prologue writes SOI, JFIF where the source had it (the caller's, if there is
// one), the caller's other segments, and Adobe where the colours need it.
func (o *output) prologue(h *Header, segments []Segment, adobe bool) {
	o.marker(mSOI)
	j := h.JFIF
	for _, seg := range segments {
		if own := parseJFIF(seg); own != nil && j != nil {
			j = own
		}
	}
	if j != nil {
		o.segment(APP0, 'J', 'F', 'I', 'F', 0, j.Major, j.Minor, j.Units,
			byte(j.Xdensity>>8), byte(j.Xdensity), byte(j.Ydensity>>8), byte(j.Ydensity), 0, 0)
	}
	for _, seg := range segments {
		if _, isAdobe := parseAdobe(seg); isAdobe || parseJFIF(seg) != nil {
			continue
		}
		o.segment(seg.Marker, seg.Data...)
	}
	if adobe {
		o.segment(APP14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, byte(h.AdobeTransform))
	}
}

// defineQuant writes a quantisation table (T.81, B.2.4.1) unless it is in force.
func (o *output) defineQuant(slot int, q *QuantTable) {
	if old := o.quants[slot]; old != nil && *old == *q {
		return
	}
	o.quants[slot] = q
	wide := q.wide()
	p := make([]byte, 1, 1+128)
	p[0] = byte(slot)
	if wide {
		p[0] |= 0x10
	}
	for _, v := range q {
		if wide {
			p = append(p, byte(v>>8))
		}
		p = append(p, byte(v))
	}
	o.segment(mDQT, p...)
}

// frame writes a frame header of 8 bits per sample (T.81, B.2.2).
func (o *output) frame(sof byte, width, height int, comps []Component) {
	p := []byte{8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), byte(len(comps))}
	for _, c := range comps {
		p = append(p, c.ID, byte(c.H<<4|c.V), byte(c.Tq))
	}
	o.segment(sof, p...)
}

// huffman writes a table unless it is the one in force.
func (o *output) huffman(class, slot int, h *huffman) {
	if h == nil || o.tables[class*4+slot] == h {
		return
	}
	o.tables[class*4+slot] = h
	p := append([]byte{byte(class<<4 | slot)}, h.counts[:]...)
	o.segment(mDHT, append(p, h.values...)...)
}

// interval writes DRI unless that interval is in force.
func (o *output) interval(n int) {
	if o.restart != n {
		o.restart = n
		o.segment(mDRI, byte(n>>8), byte(n))
	}
}

// A scanEntry is a scan header's word on one component.
type scanEntry struct {
	id     byte
	td, ta int
}

// scan writes a scan header (T.81, B.2.3).
func (o *output) scan(ss, se, ah, al int, entries ...scanEntry) {
	p := []byte{byte(len(entries))}
	for _, e := range entries {
		p = append(p, e.id, byte(e.td<<4|e.ta))
	}
	o.segment(mSOS, append(p, byte(ss), byte(se), byte(ah<<4|al))...)
}
