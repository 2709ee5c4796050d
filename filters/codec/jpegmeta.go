package codec

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"imgpipe/filters/jpegdct"
	"imgpipe/filters/meta"
)

// What an application's segment begins with.
const (
	headEXIF      = "Exif\x00\x00"
	headXMP       = "http://ns.adobe.com/xap/1.0/\x00"
	headExtension = "http://ns.adobe.com/xmp/extension/\x00"
	headICC       = "ICC_PROFILE\x00"
	headPhotoshop = "Photoshop 3.0\x00" // image resources
)

// setEXIF sets m's EXIF from a block of another format than JPEG. Some programs put
// the head of a JPEG's segment before it.
func setEXIF(m *meta.Metadata, block []byte) {
	block, _ = bytes.CutPrefix(block, []byte(headEXIF))
	m.SetEXIF(block)
}

// jpegMetadata reads what is kept of a JPEG's segments. What belongs to other
// pictures in the file (previews, gain maps) is not kept.
func jpegMetadata(h *jpegdct.Header) meta.Metadata {
	var m meta.Metadata
	if h.JFIF != nil && h.JFIF.Units <= 2 && (h.JFIF.Units > 0 || h.JFIF.Xdensity != h.JFIF.Ydensity) {
		m.Resolution = meta.Resolution{Unit: h.JFIF.Units, X: float64(h.JFIF.Xdensity), Y: float64(h.JFIF.Ydensity)}
	}
	var exif, xmp, resources []byte // a block or a resource may be cut anywhere into segments
	var icc profileParts
	var extension xmpParts
	for i, s := range h.Segments {
		var body []byte
		has := func(marker byte, head string) (ok bool) {
			body, ok = bytes.CutPrefix(s.Data, []byte(head))
			return ok && s.Marker == marker
		}
		switch {
		case has(jpegdct.APP1, headEXIF) && exif == nil && meta.TIFF(body).Order() != nil:
			exif = joinEXIF(body, h.Segments[i+1:])
		case has(jpegdct.APP1, headXMP) && xmp == nil:
			xmp = body
		case has(jpegdct.APP1, headExtension):
			extension = append(extension, body)
		case has(jpegdct.APP2, headICC) && len(body) > 2:
			icc = append(icc, body)
		case has(jpegdct.APP13, headPhotoshop):
			resources = append(resources, body...)
		case has(jpegdct.COM, ""):
			m.Comments = append(m.Comments, body)
		}
	}
	m.SetEXIF(exif)
	m.SetXMP(xmp)
	if rest := extension.join(meta.ExtensionGUID(xmp)); rest != nil {
		m.SetExtendedXMP(xmp, rest)
	}
	m.ICC = icc.join()
	m.SetIPTC(resources)
	m.UseEXIFResolution()
	return m
}

// joinEXIF returns the EXIF block that begins with first. A block of more than 64 KiB
// goes on in the next segments: each has the head of EXIF, but what follows is not the
// beginning of a block.
func joinEXIF(first []byte, next []jpegdct.Segment) []byte {
	block := bytes.Clone(first)
	for _, s := range next {
		body, ok := bytes.CutPrefix(s.Data, []byte(headEXIF))
		if !ok || s.Marker != jpegdct.APP1 || meta.TIFF(body).Order() != nil {
			break
		}
		block = append(block, body...)
	}
	return block
}

// xmpParts are the segments of extensions of XMP (Adobe XMP Specification Part 3,
// section 1.1.3.1), each with the GUID of 32 characters, the length of the whole
// extension, and the offset of the part.
type xmpParts [][]byte

const xmpPartHead = 32 + 4 + 4

// join returns the extension with the given GUID; nil if it is not whole.
func (p xmpParts) join(guid []byte) (whole []byte) {
	p = slices.DeleteFunc(p, func(part []byte) bool { return len(part) < xmpPartHead || !bytes.Equal(part[:32], guid) })
	slices.SortStableFunc(p, func(a, b []byte) int { return cmp.Compare(be32(a[36:]), be32(b[36:])) })
	for _, part := range p {
		if be32(part[36:]) != len(whole) {
			return nil
		}
		whole = append(whole, part[xmpPartHead:]...)
	}
	if len(p) == 0 || be32(p[0][32:]) != len(whole) {
		return nil
	}
	return whole
}

func be32(b []byte) int { return int(binary.BigEndian.Uint32(b)) }

// profileParts are the segments of an ICC profile (ICC.1:2022, annex B.4). The first
// byte of each is its number, from 1, and the second one how many there are.
type profileParts [][]byte

// join returns the profile; nil if there is none, or a part is missing. Where the numbers
// are wrong, say from 0, the profile must have the length that stands in its first bytes.
func (p profileParts) join() (profile []byte) {
	slices.SortStableFunc(p, func(a, b []byte) int { return cmp.Compare(a[0], b[0]) })
	right := true
	for i, part := range p {
		right = right && int(part[0]) == i+1 && int(part[1]) == len(p)
		profile = append(profile, part[2:]...)
	}
	if !right && (len(profile) < 4 || be32(profile) != len(profile)) {
		return nil
	}
	return profile
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
// m, but for JFIF, which jpegdct writes. EXIF, extended XMP and profiles are cut into
// parts; what else does not fit into a segment is left out.
func jpegSegments(m *meta.Metadata) []jpegdct.Segment {
	const most = 65533
	var all []jpegdct.Segment
	add := func(marker byte, parts ...[]byte) {
		if data := bytes.Join(parts, nil); len(data) <= most {
			all = append(all, jpegdct.Segment{Marker: marker, Data: data})
		}
	}
	for part := range slices.Chunk(m.EXIF, most-len(headEXIF)) {
		add(jpegdct.APP1, []byte(headEXIF), part)
	}
	if m.XMP != nil {
		add(jpegdct.APP1, []byte(headXMP), m.XMP)
	}
	guid, length, offset := meta.ExtensionGUID(m.XMP), uint32(len(m.ExtendedXMP)), uint32(0)
	for part := range slices.Chunk(m.ExtendedXMP, most-len(headExtension)-xmpPartHead) {
		numbers := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, length), offset)
		add(jpegdct.APP1, []byte(headExtension), guid, numbers, part)
		offset += uint32(len(part))
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
