package filters

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"io"
)

// Markers of ITU-T T.81, table B.1.
const (
	markerSOI  = 0xd8
	markerSOS  = 0xda
	markerDQT  = 0xdb
	markerAPP0 = 0xe0
	markerAPP1 = 0xe1
	markerAPP2 = 0xe2
	markerCOM  = 0xfe
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
	meta := jpegMetadata(jpegSegments(data))
	if _, ok := m.(*image.CMYK); ok {
		meta.ICC = nil // it describes inks, and the pixels become RGB
	}
	return still(m, meta), nil
}

// A segment is a marker segment of a JPEG file (T.81, section B.1.1.4).
type segment struct {
	marker byte
	body   []byte // without marker and length
}

// jpegSegments lists the segments before the first scan.
func jpegSegments(data []byte) (all []segment) {
	for pos := 2; pos+4 <= len(data); {
		marker := data[pos+1]
		if data[pos] != 0xff || marker == 0xff || marker == 0 { // a fill byte, or garbage
			pos++
			continue
		}
		n := int(binary.BigEndian.Uint16(data[pos+2:]))
		end := pos + 2 + n
		if marker == markerSOS || n < 2 || end > len(data) {
			break
		}
		all = append(all, segment{marker, data[pos+4 : end]})
		pos = end
	}
	return all
}

// jpegMetadata picks what is kept of a JPEG's segments. What belongs to other
// pictures in the file (previews, gain maps) goes.
func jpegMetadata(segments []segment) Metadata {
	var m Metadata
	var icc [256][]byte // the profile's parts by their sequence number
	for _, s := range segments {
		switch {
		case s.marker == markerAPP0 && s.has(headJFIF) && len(s.body) >= 12:
			m.Density = Density{s.body[7], binary.BigEndian.Uint16(s.body[8:]), binary.BigEndian.Uint16(s.body[10:])}
		case s.marker == markerAPP1 && s.has(headEXIF) && m.EXIF == nil:
			m.setEXIF(s.body[len(headEXIF):])
		case s.marker == markerAPP1 && s.has(headXMP) && m.XMP == nil:
			m.XMP = s.body[len(headXMP):]
		case s.marker == markerAPP2 && s.has(headICC) && len(s.body) > len(headICC)+2:
			icc[s.body[len(headICC)]] = s.body[len(headICC)+2:]
		case s.marker == markerCOM:
			m.Comments = append(m.Comments, s.body)
		case s.marker == markerDQT && len(s.body) >= 65 && s.body[0] == 0: // table 0, 8 bits
			m.quality = jpegQuality([64]byte(s.body[1:65]))
		}
	}
	m.ICC = bytes.Join(icc[:], nil)
	return m
}

func (s segment) has(head string) bool { return bytes.HasPrefix(s.body, []byte(head)) }

// luminance is T.81's table K.1 in zigzag order.
var luminance = [64]int{
	16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
	26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
	56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
	95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
}

// jpegQuality is the quality, in the IJG's scale, whose luminance table is
// nearest to q.
func jpegQuality(q [64]byte) int {
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
// one: the standard's limit is 65,533 bytes.
func (m *Metadata) jpegSegments() []segment {
	all := make([]segment, 0, 4)
	add := func(marker byte, parts ...[]byte) {
		if body := bytes.Join(parts, nil); len(body) <= 65533 {
			all = append(all, segment{marker, body})
		}
	}
	d := m.Density
	if d.X == 0 || d.Y == 0 {
		d = Density{0, 1, 1}
	}
	add(markerAPP0, []byte(headJFIF), []byte{1, 1, d.Unit, byte(d.X >> 8), byte(d.X), byte(d.Y >> 8), byte(d.Y), 0, 0})
	if m.EXIF != nil {
		add(markerAPP1, []byte(headEXIF), m.EXIF)
	}
	if m.XMP != nil {
		add(markerAPP1, []byte(headXMP), m.XMP)
	}
	const most = 65533 - len(headICC) - 2
	parts := (len(m.ICC) + most - 1) / most
	for i, rest := 0, m.ICC; i < parts && parts <= 255; i++ {
		n := min(len(rest), most)
		add(markerAPP2, []byte(headICC), []byte{byte(i + 1), byte(parts)}, rest[:n])
		rest = rest[n:]
	}
	for _, c := range m.Comments {
		add(markerCOM, c)
	}
	return all
}

// A segmentInserter writes segments behind the SOI that begins a JPEG stream.
type segmentInserter struct {
	w        io.Writer
	segments []segment
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
	head := []byte{0xff, markerSOI}
	for _, s := range s.segments {
		head = append(head, 0xff, s.marker)
		head = binary.BigEndian.AppendUint16(head, uint16(len(s.body)+2))
		head = append(head, s.body...)
	}
	if _, err := s.w.Write(append(head, p[2:]...)); err != nil {
		return 0, err
	}
	return len(p), nil
}
