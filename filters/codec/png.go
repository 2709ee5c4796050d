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
	endings: []string{"png", "apng"},
	magic:   []string{pngMagic},
	maxSide: anySide,
	frames:  animations,
	spaces:  []icc.Space{icc.RGB, icc.Gray},
	decode:  decodePNG,
	encode:  encodePNG,
	end:     endOfPNG,
	kind:    pngErrorKind,
}

// pngErrorKind returns the kind of an error of package pngrow, whose text names the format;
// nil for any other error.
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
	a, err := readAPNG(data, r, l)
	if err != nil {
		return nil, err
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
	p := newPicture(m)
	if a != nil {
		p.Plays = a.Plays
		if p.Frames, err = apngFrames(a, m, canvasLayout(r)); err != nil {
			return nil, err
		}
	}
	f := &p.Frames[0]
	chunks := append(slices.Clone(h.Chunks), after...)
	metadata, stored := pngMetadata(chunks)
	f.stored = stored
	if err := setMetadata(p.Frames, metadata, l); err != nil {
		return nil, err
	}
	isProfile := func(c pngrow.Chunk) bool { return c.Type == "iCCP" }
	if f.Meta.ICC == nil && slices.ContainsFunc(chunks, isProfile) {
		return p, o.Tolerate.Handle(fmt.Errorf("%w: the profile in the iCCP chunk cannot be unpacked", pngrow.ErrCorrupt))
	}
	return p, nil
}

// pngColours are the colour types by the number of channels.
var pngColours = [...]pngrow.ColourType{1: pngrow.Gray, 2: pngrow.GrayAlpha, 3: pngrow.RGB, 4: pngrow.RGBA}

func encodePNG(w io.Writer, p *Picture, o EncodeOptions) error {
	if len(p.Frames) > 1 {
		return encodeAPNG(w, p, o)
	}
	rows := pixel.RowsOf(p.Frames[0].Image)
	depth := rows.PackedDepth()
	h := pngrow.Header{Width: rows.Width, Height: rows.Height, BitDepth: depth, ColourType: pngColours[rows.Channels]}
	h.Chunks = chunksBefore(&p.Frames[0], rows.Channels, o)
	e, err := pngrow.NewWriter(w, h)
	if err != nil {
		return err
	}
	packed := make([]byte, (int64(rows.Width)*int64(depth)+7)/8)
	for y := range rows.Height {
		row := rows.Row(y)
		if depth < 8 {
			pixel.PackGray(packed, row, depth)
			row = packed
		}
		if err := e.WriteRow(row); err != nil {
			return err
		}
	}
	return e.Close()
}

// chunksBefore returns the chunks before the pixels that say what is known of a
// frame.
func chunksBefore(f *Frame, channels int, o EncodeOptions) []pngrow.Chunk {
	var chunks []pngrow.Chunk
	if stored, ok := f.stored.(pngStored); ok && !o.Strip {
		chunks = slices.Clone(stored)
	}
	if channels < 3 { // the primaries of RGB do not describe gray
		chunks = slices.DeleteFunc(chunks, func(c pngrow.Chunk) bool { return c.Type == "cHRM" })
	}
	return append(chunks, pngChunks(&f.Meta)...)
}
