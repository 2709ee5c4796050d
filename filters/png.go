package filters

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"io"
	"slices"

	"imgpipe/filters/pngrow"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// maxProfile bounds what a compressed colour profile may unpack to, in bytes.
const maxProfile = 16 << 20

// keptChunks say of a PNG what other formats have no place for; they go from PNG
// to PNG as they are.
var keptChunks = []string{"cHRM", "gAMA", "sRGB", "tEXt", "zTXt", "iTXt"}

func decodePNG(data []byte, l Limits) (*Picture, error) {
	r, err := pngrow.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	h := r.Header()
	size := r.Channels() * r.Depth() / 8
	if r.Channels() == 3 {
		size += r.Depth() / 8 // for the alpha that images in memory have
	}
	if h.Interlaced {
		size *= 2
	}
	if err := l.admit(h.Width, h.Height, 1, size); err != nil {
		return nil, err
	}
	m, err := pngImage(r)
	if err != nil {
		return nil, err
	}
	after, err := r.Finish()
	if err != nil {
		return nil, err
	}
	return still(m, pngMetadata(append(slices.Clone(h.Chunks), after...))), nil
}

// pngImage reads all rows.
func pngImage(r *pngrow.Reader) (image.Image, error) {
	bounds := image.Rect(0, 0, r.Header().Width, r.Header().Height)
	var m image.Image
	var pix []uint8
	switch deep := r.Depth() == 16; {
	case r.Channels() == 1 && !deep:
		g := image.NewGray(bounds)
		m, pix = g, g.Pix
	case r.Channels() == 1:
		g := image.NewGray16(bounds)
		m, pix = g, g.Pix
	case r.Channels() == 2 && !deep:
		g := NewGrayAlpha(bounds)
		m, pix = g, g.Pix
	case r.Channels() == 2:
		g := NewGrayAlpha16(bounds)
		m, pix = g, g.Pix
	case !deep:
		c := image.NewNRGBA(bounds)
		m, pix = c, c.Pix
	default:
		c := image.NewNRGBA64(bounds)
		m, pix = c, c.Pix
	}
	stride := len(pix) / bounds.Dy()
	row := make([]byte, r.RowBytes())
	for y := range bounds.Dy() {
		dst := pix[y*stride:][:stride]
		if r.Channels() != 3 {
			if err := r.ReadRow(dst); err != nil {
				return nil, err
			}
			continue
		}
		if err := r.ReadRow(row); err != nil {
			return nil, err
		}
		addAlpha(dst, row, 3*r.Depth()/8)
	}
	return m, nil
}

// addAlpha gives RGB pixels of the given size, in bytes, an opaque alpha.
func addAlpha(dst, src []byte, size int) {
	if size == 3 {
		for i, j := 0, 0; j < len(src); i, j = i+4, j+3 {
			s, d := src[j:j+3:j+3], dst[i:i+4:i+4]
			d[0], d[1], d[2], d[3] = s[0], s[1], s[2], 0xff
		}
		return
	}
	for i, j := 0, 0; j < len(src); i, j = i+8, j+6 {
		copy(dst[i:i+6], src[j:j+6])
		dst[i+6], dst[i+7] = 0xff, 0xff
	}
}

func pngMetadata(chunks []pngrow.Chunk) Metadata {
	var m Metadata
	for _, c := range chunks {
		switch {
		case c.Type == "eXIf" && m.EXIF == nil:
			m.setEXIF(c.Data)
		case c.Type == "iCCP" && m.ICC == nil:
			m.ICC = pngProfile(c.Data)
		case c.Type == "pHYs" && len(c.Data) == 9:
			m.Density = densityFromMetre(binary.BigEndian.Uint32(c.Data), binary.BigEndian.Uint32(c.Data[4:]), c.Data[8])
		case slices.Contains(keptChunks, c.Type):
			m.chunks = append(m.chunks, c)
		}
	}
	return m
}

// pngProfile unpacks an iCCP chunk (PNG, section 11.3.2.3): a name, a zero, the
// method (zero), zlib.
func pngProfile(body []byte) []byte {
	_, packed, ok := bytes.Cut(body, []byte{0})
	if !ok || len(packed) < 2 {
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(packed[1:]))
	if err != nil {
		return nil
	}
	profile, err := io.ReadAll(io.LimitReader(z, maxProfile+1))
	if err != nil || len(profile) > maxProfile {
		return nil
	}
	return profile
}

func encodePNG(w io.Writer, p *Picture, _ Options) error {
	s := samplesOf(p.Frames[0].Image)
	colour := [...]pngrow.ColourType{1: pngrow.Gray, 2: pngrow.GrayAlpha, 3: pngrow.RGB, 4: pngrow.RGBA}[s.channels]
	e, err := pngrow.NewWriter(w, pngrow.Header{Width: s.width, Height: s.height, BitDepth: s.depth, ColourType: colour, Chunks: p.Meta.pngChunks()})
	if err != nil {
		return err
	}
	for y := range s.height {
		if err := e.WriteRow(s.row(y)); err != nil {
			return err
		}
	}
	return e.Close()
}

func (m *Metadata) pngChunks() []pngrow.Chunk {
	all := slices.Clone(m.chunks)
	if len(m.ICC) > 0 {
		var body bytes.Buffer
		body.WriteString("icc\x00\x00")
		z := zlib.NewWriter(&body)
		z.Write(m.ICC) // into memory: it can't fail
		z.Close()
		all = append(all, pngrow.Chunk{Type: "iCCP", Data: body.Bytes()})
	}
	if d := m.Density; d.X != 0 && d.Y != 0 {
		x, y, unit := d.metre()
		body := binary.BigEndian.AppendUint32(nil, x)
		all = append(all, pngrow.Chunk{Type: "pHYs", Data: append(binary.BigEndian.AppendUint32(body, y), unit)})
	}
	if m.EXIF != nil {
		all = append(all, pngrow.Chunk{Type: "eXIf", Data: m.EXIF})
	}
	return all
}

// densityFromMetre converts pHYs: unit 0 is an aspect ratio, 1 pixels per metre.
func densityFromMetre(x, y uint32, unit byte) Density {
	if unit == 1 { // to pixels per inch, rounded
		x, y = uint32((uint64(x)*254+5000)/10000), uint32((uint64(y)*254+5000)/10000)
	}
	if x > 0xffff || y > 0xffff || unit > 1 {
		return Density{}
	}
	return Density{unit, uint16(x), uint16(y)}
}

// metre is a density as pHYs has it: pixels per metre, or an aspect ratio.
func (d Density) metre() (x, y uint32, unit byte) {
	x, y = uint32(d.X), uint32(d.Y)
	switch d.Unit {
	case 1: // per inch
		return (x*10000 + 127) / 254, (y*10000 + 127) / 254, 1
	case 2: // per cm
		return x * 100, y * 100, 1
	}
	return x, y, 0
}
