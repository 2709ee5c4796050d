package filters

import (
	"bytes"
	"image"
	"io"
	"slices"

	"imgpipe/filters/pngrow"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

func decodePNG(data []byte, l Limits) (*Picture, error) {
	r, err := pngrow.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	h := r.Header()
	if h.Frames > 1 {
		return nil, errAnimated
	}
	form := rowForm{image.Pt(h.Width, h.Height), r.Channels(), r.Depth()}
	size := form.memory()
	if h.Interlaced {
		size *= 2
	}
	if err := l.check(h.Width, h.Height, 1); err != nil {
		return nil, err
	}
	const rows = 10 // that are read and written by way of, filtered in all ways
	if err := l.allow(int64(h.Width)*int64(h.Height)*int64(size) + rows*int64(r.RowBytes())); err != nil {
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
