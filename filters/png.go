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
	form := rowForm{image.Pt(h.Width, h.Height), r.Channels(), r.Depth()}
	size := form.memory()
	if h.Interlaced {
		size *= 2
	}
	if err := l.admit(h.Width, h.Height, 1, size); err != nil {
		return nil, err
	}
	m, err := form.read(r.ReadRow)
	if err != nil {
		return nil, err
	}
	after, err := r.Finish()
	if err != nil {
		return nil, err
	}
	return still(m, pngMetadata(append(slices.Clone(h.Chunks), after...))), nil
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
