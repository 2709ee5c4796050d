package jpegdct

import "io"

// An output writes a JPEG: marker segments, and entropy-coded data as a bitWriter. It
// omits DQT, DHT and DRI segments that would define what is in force already.
type output struct {
	bitWriter
	restart int            // restart interval in force
	huffman [8]*huffman    // Huffman tables in force, by class*4 + slot
	quant   [4]*QuantTable // quantisation tables in force, by slot
}

// newOutput makes an output with a buffer of size bytes.
func newOutput(w io.Writer, size int) *output {
	return &output{bitWriter: newBitWriter(w, size)}
}

// writeAppSegments writes SOI and the application and comment segments: JFIF if h has
// it, with the fields of a JFIF segment in segments if there is one; the other segments
// but Adobe; and if adobe is set an Adobe segment with h.AdobeTransform.
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

// writeDQT writes a DQT segment with one table (T.81, B.2.4.1).
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

// writeSOF writes a frame header for 8 bits per sample (T.81, B.2.2).
func (o *output) writeSOF(sof byte, width, height int, comps []Component) {
	p := []byte{8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), byte(len(comps))}
	for _, c := range comps {
		p = append(p, c.ID, byte(c.H<<4|c.V), byte(c.Tq))
	}
	o.writeSegment(sof, p...)
}

// writeDHT writes a DHT segment with one table (T.81, B.2.4.2). class is 0 for DC and 1
// for AC. If h is nil, nothing is written.
func (o *output) writeDHT(class, slot int, h *huffman) {
	if h == nil || o.huffman[class*4+slot] == h {
		return
	}
	o.huffman[class*4+slot] = h
	p := append([]byte{byte(class<<4 | slot)}, h.counts[:]...)
	o.writeSegment(mDHT, append(p, h.values...)...)
}

// writeDRI writes a DRI segment (T.81, B.2.4.4) for an interval of n MCUs, 0 for none.
func (o *output) writeDRI(n int) {
	if o.restart != n {
		o.restart = n
		o.writeSegment(mDRI, byte(n>>8), byte(n))
	}
}

// A scanEntry is a component's entry in a scan header.
type scanEntry struct {
	id     byte // component identifier
	td, ta int  // slots of the DC and AC Huffman tables
}

// writeSOS writes a scan header (T.81, B.2.3).
func (o *output) writeSOS(ss, se, ah, al int, entries ...scanEntry) {
	p := []byte{byte(len(entries))}
	for _, e := range entries {
		p = append(p, e.id, byte(e.td<<4|e.ta))
	}
	o.writeSegment(mSOS, append(p, byte(ss), byte(se), byte(ah<<4|al))...)
}
