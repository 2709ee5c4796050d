package filters

import (
	"bytes"
	"slices"

	"imgpipe/filters/jpegdct"
)

// What an application's segment begins with.
const (
	headEXIF = "Exif\x00\x00"
	headXMP  = "http://ns.adobe.com/xap/1.0/\x00"
	headICC  = "ICC_PROFILE\x00"
)

// jpegMetadata picks what is kept of a JPEG's segments. What belongs to other
// pictures in the file (previews, gain maps) goes.
func jpegMetadata(h *jpegdct.Header) Metadata {
	var m Metadata
	if h.JFIF != nil && h.JFIF.Units <= 2 && (h.JFIF.Units > 0 || h.JFIF.Xdensity != h.JFIF.Ydensity) {
		m.Density = Density{h.JFIF.Units, float64(h.JFIF.Xdensity), float64(h.JFIF.Ydensity)}
	}
	m.tables[0] = h.Quant[h.Components[0].Tq]
	m.tables[1] = m.tables[0]
	if h.ColorSpace == jpegdct.YCbCr {
		m.tables[1] = h.Quant[h.Components[1].Tq]
	}
	var icc profileParts
	var resources []byte // they may be cut anywhere into segments
	for _, s := range h.Segments {
		body, ok := []byte(nil), false
		has := func(marker byte, head string) bool {
			body, ok = bytes.CutPrefix(s.Data, []byte(head))
			return ok && s.Marker == marker
		}
		switch {
		case has(jpegdct.APP1, headEXIF) && m.EXIF == nil:
			m.setEXIF(body)
		case has(jpegdct.APP1, headXMP) && m.XMP == nil:
			m.setXMP(body)
		case has(jpegdct.APP2, headICC) && len(body) > 2:
			icc.add(int(body[0]), int(body[1]), body[2:])
		case has(jpegdct.APP13, headPhotoshop):
			resources = append(resources, body...)
		case has(jpegdct.COM, ""):
			m.Comments = append(m.Comments, body)
		}
	}
	m.ICC = icc.join()
	m.iptc = iptcResources(resources)
	m.setDensity()
	return m
}

// profileParts are those of a profile that is cut into segments (ICC.1:2022,
// annex B.4), by their number, from 1.
type profileParts struct {
	parts [][]byte // as many as there are said to be, and one
	bad   bool     // they don't agree, or one comes twice
}

func (p *profileParts) add(i, n int, data []byte) {
	if p.parts == nil {
		p.parts = make([][]byte, n+1)
	}
	if n+1 != len(p.parts) || i < 1 || i > n || p.parts[i] != nil {
		p.bad = true
		return
	}
	p.parts[i] = data
}

// join is the profile; nil if there is none, or not all of it.
func (p *profileParts) join() []byte {
	if p.bad || p.parts == nil || slices.ContainsFunc(p.parts[1:], func(part []byte) bool { return part == nil }) {
		return nil
	}
	return bytes.Join(p.parts, nil)
}

// jpegSegments are m's application and comment segments, those that fit into
// one; but for JFIF, which jpegdct writes itself.
func (m *Metadata) jpegSegments() []jpegdct.Segment {
	const most = 65533
	var all []jpegdct.Segment
	add := func(marker byte, parts ...[]byte) {
		if data := bytes.Join(parts, nil); len(data) <= most {
			all = append(all, jpegdct.Segment{Marker: marker, Data: data})
		}
	}
	if m.EXIF != nil {
		add(jpegdct.APP1, []byte(headEXIF), m.EXIF)
	}
	if m.XMP != nil {
		add(jpegdct.APP1, []byte(headXMP), m.XMP)
	}
	const part = most - len(headICC) - 2
	if n := (len(m.ICC) + part - 1) / part; n <= 255 {
		i := 0
		for data := range slices.Chunk(m.ICC, part) {
			i++
			add(jpegdct.APP2, []byte(headICC), []byte{byte(i), byte(n)}, data)
		}
	}
	if m.iptc != nil {
		add(jpegdct.APP13, []byte(headPhotoshop), m.iptc)
	}
	for _, c := range m.Comments {
		add(jpegdct.COM, c)
	}
	return all
}
