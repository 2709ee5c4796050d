package filters

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/png"
	"io"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// maxProfile bounds what a compressed colour profile may unpack to.
const maxProfile = 16 << 20

func decodePNG(data []byte, l Limits) (*Picture, error) {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if err := l.check(c.Width, c.Height, 1); err != nil {
		return nil, err
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	// PNG, section 11.2.2: the colour type is IHDR's tenth byte.
	if colourType := data[len(pngMagic)+8+9]; colourType == pngGray || colourType == pngGrayAlpha {
		m = withoutColour(m)
	}
	return still(m, pngMetadata(data)), nil
}

// withoutColour gives a picture that is gray with alpha the type that says so;
// image/png has none.
func withoutColour(m image.Image) image.Image {
	switch m := m.(type) {
	case *image.NRGBA:
		out := NewGrayAlpha(m.Rect)
		for i := range len(out.Pix) / 2 {
			out.Pix[2*i], out.Pix[2*i+1] = m.Pix[4*i], m.Pix[4*i+3]
		}
		return out
	case *image.NRGBA64:
		out := NewGrayAlpha16(m.Rect)
		for i := range len(out.Pix) / 4 {
			copy(out.Pix[4*i:], m.Pix[8*i:8*i+2])
			copy(out.Pix[4*i+2:], m.Pix[8*i+6:8*i+8])
		}
		return out
	}
	return m
}

// pngMetadata reads the chunks that are kept. It trusts nothing of them, for
// the decoder has checked only those that it needs.
func pngMetadata(data []byte) Metadata {
	var m Metadata
	for rest := data[len(pngMagic):]; len(rest) >= 12; {
		n := binary.BigEndian.Uint32(rest)
		if uint64(n)+12 > uint64(len(rest)) {
			break
		}
		kind, body := string(rest[4:8]), rest[8:8+n]
		rest = rest[12+n:]
		switch {
		case kind == "IEND":
			return m
		case kind == "eXIf":
			m.setEXIF(body)
		case kind == "iCCP":
			m.ICC = pngProfile(body)
		case kind == "pHYs" && len(body) == 9:
			m.Density = densityFromMetre(binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:]), body[8])
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

func encodePNG(w io.Writer, p *Picture, _ Options) error {
	return writePNG(w, samplesOf(p.Frames[0].Image), p.Meta)
}
