package filters

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"slices"

	"imgpipe/filters/jpegdct"
)

// What an application's segment begins with.
const (
	headJFIF = "JFIF\x00"
	headEXIF = "Exif\x00\x00"
	headXMP  = "http://ns.adobe.com/xap/1.0/\x00"
	headICC  = "ICC_PROFILE\x00"
)

// defaultQuality is that of a JPEG made from something else.
const defaultQuality = 90

func decodeJPEG(data []byte, l Limits) (*Picture, error) {
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if err := l.check(c.Width, c.Height, 1); err != nil {
		return nil, err
	}
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	j, err := jpegdct.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	meta := jpegMetadata(j.Header())
	if _, ok := m.(*image.CMYK); ok {
		meta.ICC = nil // it describes inks, and the pixels become RGB
	}
	return still(m, meta), nil
}

// jpegMetadata picks what is kept of a JPEG's segments. What belongs to other
// pictures in the file (previews, gain maps) goes.
func jpegMetadata(h *jpegdct.Header) Metadata {
	var m Metadata
	if h.JFIF != nil {
		m.Density = Density{h.JFIF.Units, h.JFIF.Xdensity, h.JFIF.Ydensity}
	}
	if q := h.Quant[h.Components[0].Tq]; q != nil {
		m.quality = jpegQuality(q)
	}
	var icc [256][]byte // the profile's parts by their sequence number
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
			m.XMP = body
		case has(jpegdct.APP2, headICC) && len(body) > 2:
			icc[body[0]] = body[2:]
		case has(jpegdct.COM, ""):
			m.Comments = append(m.Comments, body)
		}
	}
	m.ICC = bytes.Join(icc[:], nil)
	return m
}

// luminance is T.81's table K.1 in zigzag order.
var luminance = [64]int{
	16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
	26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
	56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
	95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
}

// jpegQuality is the quality, in the IJG's scale, whose luminance table is
// nearest to q.
func jpegQuality(q *jpegdct.QuantTable) int {
	best, least := 0, 1<<30
	for quality := 1; quality <= 100; quality++ {
		scale := 200 - 2*quality
		if quality < 50 {
			scale = 5000 / quality
		}
		distance := 0
		for i, v := range luminance {
			d := max(1, min((v*scale+50)/100, 255)) - int(q[i])
			distance += max(d, -d)
		}
		if distance < least {
			best, least = quality, distance
		}
	}
	return best
}

func encodeJPEG(w io.Writer, p *Picture, o Options) error {
	m := flatten(to8(p.Frames[0].Image))
	if n, ok := m.(*image.NRGBA); ok { // opaque now; as RGBA it's encoded faster
		m = &image.RGBA{Pix: n.Pix, Stride: n.Stride, Rect: n.Rect}
	}
	quality := o.Quality
	if quality == 0 {
		quality = p.Meta.quality
	}
	if quality == 0 {
		quality = defaultQuality
	}
	out := &segmentInserter{w: w, segments: p.Meta.jpegSegments()}
	return jpeg.Encode(out, m, &jpeg.Options{Quality: quality})
}

// jpegSegments are m's application and comment segments, those that fit into
// one.
func (m *Metadata) jpegSegments() []jpegdct.Segment {
	const most = 65533
	var all []jpegdct.Segment
	add := func(marker byte, parts ...[]byte) {
		if data := bytes.Join(parts, nil); len(data) <= most {
			all = append(all, jpegdct.Segment{Marker: marker, Data: data})
		}
	}
	d := m.Density
	if d.X == 0 || d.Y == 0 {
		d = Density{0, 1, 1}
	}
	add(jpegdct.APP0, []byte(headJFIF), []byte{1, 1, d.Unit, byte(d.X >> 8), byte(d.X), byte(d.Y >> 8), byte(d.Y), 0, 0})
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
	for _, c := range m.Comments {
		add(jpegdct.COM, c)
	}
	return all
}

// A segmentInserter writes segments behind the SOI that begins a JPEG stream.
type segmentInserter struct {
	w        io.Writer
	segments []jpegdct.Segment
	begun    bool
}

func (s *segmentInserter) Write(p []byte) (int, error) {
	if s.begun {
		return s.w.Write(p)
	}
	if len(p) < 2 {
		return 0, errors.New("a first write without SOI")
	}
	s.begun = true
	head := []byte{0xff, 0xd8}
	for _, s := range s.segments {
		head = append(head, 0xff, s.Marker)
		head = binary.BigEndian.AppendUint16(head, uint16(len(s.Data)+2))
		head = append(head, s.Data...)
	}
	if _, err := s.w.Write(append(head, p[2:]...)); err != nil {
		return 0, err
	}
	return len(p), nil
}
