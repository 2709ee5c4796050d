package codec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"imgpipe/filters/icc"
	"imgpipe/filters/pixel"
	"imgpipe/filters/pngrow"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

var pngFormat = format{
	name:    PNG,
	magic:   []string{pngMagic},
	maxSide: anySide,
	spaces:  []icc.Space{icc.RGB, icc.Gray},
	decode:  decodePNG,
	encode:  encodePNG,
	end:     endOfPNG,
	kind:    pngErrorKind,
}

// pngErrorKind knows pngrow's errors, which name the format.
func pngErrorKind(err error) error {
	switch {
	case errors.Is(err, pngrow.ErrCorrupt):
		return ErrCorrupt
	case errors.Is(err, io.ErrUnexpectedEOF):
		return ErrTruncated
	}
	return nil
}

func decodePNG(data []byte, o DecodeOptions) (*Picture, error) {
	l := o.Limits
	r, err := pngrow.NewReader(bytes.NewReader(data), pngrow.ReaderOptions{Tolerate: o.Tolerate})
	if err != nil {
		return nil, err
	}
	h := r.Header()
	if h.Frames > 1 {
		return nil, errAnimated(PNG)
	}
	layout := pixel.Layout{Width: h.Width, Height: h.Height, Channels: r.Channels(), Depth: r.Depth()}
	size := layout.ImageBytes()
	if h.Interlaced {
		size *= 2
	}
	if err := l.CheckSize(h.Width, h.Height, 1); err != nil {
		return nil, err
	}
	const rows = 10 // that the reader and the writer hold, one for each way to filter among them
	if err := l.CheckMemory(int64(h.Width)*int64(h.Height)*int64(size) + rows*int64(r.RowBytes())); err != nil {
		return nil, err
	}
	m, err := layout.Read(r.ReadRow)
	if err != nil {
		return nil, err
	}
	after, err := r.Finish()
	if err != nil {
		return nil, err
	}
	if r.ImageHidden() {
		return nil, errAnimated(PNG)
	}
	p := newPicture(m)
	f := &p.Frames[0]
	chunks := append(slices.Clone(h.Chunks), after...)
	f.Meta, f.stored = pngMetadata(chunks)
	isProfile := func(c pngrow.Chunk) bool { return c.Type == "iCCP" }
	if f.Meta.ICC == nil && slices.ContainsFunc(chunks, isProfile) {
		return p, o.tolerate(fmt.Errorf("%w: the profile in the iCCP chunk cannot be unpacked", pngrow.ErrCorrupt))
	}
	return p, nil
}

func encodePNG(w io.Writer, p *Picture, o EncodeOptions) error {
	f := &p.Frames[0]
	rows := pixel.RowsOf(f.Image)
	colour := [...]pngrow.ColourType{1: pngrow.Gray, 2: pngrow.GrayAlpha, 3: pngrow.RGB, 4: pngrow.RGBA}[rows.Channels]
	var chunks []pngrow.Chunk
	if stored, ok := f.stored.(pngStored); ok && !o.Strip {
		chunks = slices.Clone(stored)
	}
	if rows.Channels < 3 { // the primaries of RGB do not describe gray
		chunks = slices.DeleteFunc(chunks, func(c pngrow.Chunk) bool { return c.Type == "cHRM" })
	}
	chunks = append(chunks, pngChunks(&f.Meta)...)
	e, err := pngrow.NewWriter(w, pngrow.Header{Width: rows.Width, Height: rows.Height, BitDepth: rows.Depth, ColourType: colour, Chunks: chunks})
	if err != nil {
		return err
	}
	for y := range rows.Height {
		if err := e.WriteRow(rows.Row(y)); err != nil {
			return err
		}
	}
	return e.Close()
}
