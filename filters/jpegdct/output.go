package jpegdct

import "io"

// output is a JPEG's marker segments on top of its bits.
type output struct {
	bitWriter
	restart int         // the interval in force
	huffman [8]*huffman // by class*4+slot: the tables in force
	quant   [4]*QuantTable
}

func newOutput(w io.Writer, size int) *output {
	return &output{bitWriter: newBitWriter(w, size)}
}

// writeAppSegments writes SOI, JFIF where the source had it (the caller's, if there is
// one), the caller's other segments, and Adobe where the colours need it.
func (o *output) writeAppSegments(h *Header, segments []Segment, adobe bool) {
	o.writeMarker(mSOI)
	j := h.JFIF
	for _, seg := range segments {
		if own := parseJFIF(seg); own != nil && j != nil {
			j = own
		}
	}
	if j != nil {
		o.writeSegment(APP0, 'J', 'F', 'I', 'F', 0, j.Major, j.Minor, j.Units,
			byte(j.Xdensity>>8), byte(j.Xdensity), byte(j.Ydensity>>8), byte(j.Ydensity), 0, 0)
	}
	for _, seg := range segments {
		if _, isAdobe := parseAdobe(seg); isAdobe || parseJFIF(seg) != nil {
			continue
		}
		o.writeSegment(seg.Marker, seg.Data...)
	}
	if adobe {
		o.writeSegment(APP14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, byte(h.AdobeTransform))
	}
}

// writeDQT writes a quantisation table (T.81, B.2.4.1) unless it is in force.
func (o *output) writeDQT(slot int, q *QuantTable) {
	if old := o.quant[slot]; old != nil && *old == *q {
		return
	}
	o.quant[slot] = q
	wide := q.is16Bit()
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
	o.writeSegment(mDQT, p...)
}

// writeSOF writes a frame header of 8 bits per sample (T.81, B.2.2).
func (o *output) writeSOF(sof byte, width, height int, comps []Component) {
	p := []byte{8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), byte(len(comps))}
	for _, c := range comps {
		p = append(p, c.ID, byte(c.H<<4|c.V), byte(c.Tq))
	}
	o.writeSegment(sof, p...)
}

// writeDHT writes a table unless it is the one in force.
func (o *output) writeDHT(class, slot int, h *huffman) {
	if h == nil || o.huffman[class*4+slot] == h {
		return
	}
	o.huffman[class*4+slot] = h
	p := append([]byte{byte(class<<4 | slot)}, h.counts[:]...)
	o.writeSegment(mDHT, append(p, h.values...)...)
}

// writeDRI writes DRI unless that interval is in force.
func (o *output) writeDRI(n int) {
	if o.restart != n {
		o.restart = n
		o.writeSegment(mDRI, byte(n>>8), byte(n))
	}
}

// A scanEntry is a scan header's word on one component.
type scanEntry struct {
	id     byte
	td, ta int
}

// writeSOS writes a scan header (T.81, B.2.3).
func (o *output) writeSOS(ss, se, ah, al int, entries ...scanEntry) {
	p := []byte{byte(len(entries))}
	for _, e := range entries {
		p = append(p, e.id, byte(e.td<<4|e.ta))
	}
	o.writeSegment(mSOS, append(p, byte(ss), byte(se), byte(ah<<4|al))...)
}
