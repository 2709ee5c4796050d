package codec

import (
	"bytes"
	"slices"

	"imgpipe/filters/jpegdct"
	"imgpipe/filters/meta"
)

// What an application's segment begins with.
const (
	headEXIF      = "Exif\x00\x00"
	headXMP       = "http://ns.adobe.com/xap/1.0/\x00"
	headICC       = "ICC_PROFILE\x00"
	headPhotoshop = "Photoshop 3.0\x00" // image resources
)

// jpegMetadata reads what is kept of a JPEG's segments. What belongs to other
// pictures in the file (previews, gain maps) is not kept.
func jpegMetadata(h *jpegdct.Header) meta.Metadata {
	var m meta.Metadata
	if h.JFIF != nil && h.JFIF.Units <= 2 && (h.JFIF.Units > 0 || h.JFIF.Xdensity != h.JFIF.Ydensity) {
		m.Resolution = meta.Resolution{Unit: h.JFIF.Units, X: float64(h.JFIF.Xdensity), Y: float64(h.JFIF.Ydensity)}
	}
	var icc profileParts
	var resources []byte // a resource may be cut anywhere into segments
	for _, s := range h.Segments {
		var body []byte
		has := func(marker byte, head string) (ok bool) {
			body, ok = bytes.CutPrefix(s.Data, []byte(head))
			return ok && s.Marker == marker
		}
		switch {
		case has(jpegdct.APP1, headEXIF) && m.EXIF == nil:
			m.SetEXIF(body)
		case has(jpegdct.APP1, headXMP) && m.XMP == nil:
			m.SetXMP(body)
		case has(jpegdct.APP2, headICC) && len(body) > 2:
			icc.add(int(body[0]), int(body[1]), body[2:])
		case has(jpegdct.APP13, headPhotoshop):
			resources = append(resources, body...)
		case has(jpegdct.COM, ""):
			m.Comments = append(m.Comments, body)
		}
	}
	m.ICC = icc.join()
	m.SetIPTC(resources)
	m.UseEXIFResolution()
	return m
}

// profileParts are the segments of an ICC profile (ICC.1:2022, annex B.4), by
// their number: from 1, or from 0 as some programs count.
type profileParts struct {
	parts [][]byte // one more than the segments say that there are
	bad   bool     // the segments disagree, or a number comes twice
}

func (p *profileParts) add(i, n int, data []byte) {
	if p.parts == nil {
		p.parts = make([][]byte, n+1)
	}
	if n+1 != len(p.parts) || i > n || p.parts[i] != nil {
		p.bad = true
		return
	}
	p.parts[i] = data
}

// join returns the profile; nil if there is none, or a part is missing.
func (p *profileParts) join() []byte {
	if p.bad || p.parts == nil {
		return nil
	}
	parts := p.parts[1:]
	if p.parts[0] != nil {
		parts = p.parts[:len(parts)]
	}
	if slices.ContainsFunc(parts, func(part []byte) bool { return part == nil }) {
		return nil
	}
	return bytes.Join(parts, nil)
}

// JPEGSegments returns the segments that say what is in m, for the methods of a
// JPEGFile's Reader. If strip is set, they are a JFIF segment alone, which takes
// the place of the file's own and says no resolution.
func JPEGSegments(m *meta.Metadata, strip bool) []jpegdct.Segment {
	if strip {
		return []jpegdct.Segment{{Marker: jpegdct.APP0, Data: []byte("JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")}}
	}
	return jpegSegments(m)
}

// jpegSegments returns the application and comment segments that say what is in
// m, but for JFIF, which jpegdct writes. What does not fit into a segment is left
// out.
func jpegSegments(m *meta.Metadata) []jpegdct.Segment {
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
	if m.IPTC != nil {
		add(jpegdct.APP13, []byte(headPhotoshop), m.IPTC)
	}
	for _, c := range m.Comments {
		add(jpegdct.COM, c)
	}
	return all
}
