package codec

import (
	"errors"
	"image"
	"io"
	"slices"

	"imgpipe/filters/bmp"
	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

var bmpFormat = format{
	name:    BMP,
	endings: []string{"bmp", "dib"},
	magic:   []string{"BM"},
	maxSide: anySide,
	decode:  decodeBMP,
	encode:  encodeBMP,
	end:     endOfBMP,
	kind:    bmpErrorKind,
}

// bmpErrorKind returns the kind of an error of package bmp, whose text names the format;
// nil for any other error.
func bmpErrorKind(err error) error {
	switch {
	case errors.Is(err, bmp.ErrCorrupt):
		return ErrCorrupt
	case errors.Is(err, bmp.ErrUnsupported):
		return ErrUnsupported
	case errors.Is(err, io.ErrUnexpectedEOF):
		return ErrTruncated
	}
	return nil
}

func decodeBMP(data []byte, o DecodeOptions) (*Picture, error) {
	l := o.Limits
	r, err := bmp.NewReader(data, bmp.ReaderOptions{Tolerate: o.Tolerate})
	if err != nil {
		return nil, err
	}
	h := r.Header()
	layout := pixel.Layout{Width: h.Width, Height: h.Height, Channels: r.Channels(), Depth: 8}
	if err := l.CheckSize(h.Width, h.Height, 1); err != nil {
		return nil, err
	}
	if err := l.CheckMemory(int64(h.Width)*int64(h.Height)*int64(layout.ImageBytes()) + r.WorkBytes()); err != nil {
		return nil, err
	}
	m, err := layout.Read(r.ReadRow)
	if err != nil {
		return nil, err
	}
	p := newPicture(m)
	metadata := &p.Frames[0].Meta
	metadata.ICC = h.Profile
	if h.XPixelsPerMetre > 0 && h.YPixelsPerMetre > 0 {
		const metre = 1 // the unit of pHYs
		metadata.Resolution = meta.ResolutionOfPNG(uint32(h.XPixelsPerMetre), uint32(h.YPixelsPerMetre), metre)
	}
	return p, nil
}

// encodeBMP writes two colours as 1 bit, gray as 4 bits if that loses nothing, else as
// 8 bits. It writes no profile: few programs look for one in a BMP.
func encodeBMP(w io.Writer, p *Picture, _ EncodeOptions) error {
	f := &p.Frames[0]
	rows := pixel.RowsOf(bmpImage(f.Image))
	h := bmp.Header{Width: rows.Width, Height: rows.Height, Bits: 8 * rows.Channels, Alpha: rows.Channels == 4}
	if x, y, unit := f.Meta.Resolution.PNG(); unit == 1 {
		h.XPixelsPerMetre, h.YPixelsPerMetre = int(x), int(y)
	}
	indices := make([]byte, rows.Width)
	if h.Palette = twoColours(rows); h.Palette != nil {
		h.Bits = 1
		return bmp.Encode(w, h, func(y int) []byte {
			indexTwo(indices, rows.Row(y), h.Palette[0])
			return indices
		})
	}
	if rows.Channels > 1 {
		return bmp.Encode(w, h, rows.Row)
	}
	if rows.PackedDepth() == 8 {
		h.Palette = grays(256)
		return bmp.Encode(w, h, rows.Row)
	}
	h.Bits, h.Palette = 4, grays(16)
	return bmp.Encode(w, h, func(y int) []byte {
		for x, v := range rows.Row(y) {
			indices[x] = v / 17
		}
		return indices
	})
}

// grays returns a palette of n grays from black to white.
func grays(n int) (palette [][3]uint8) {
	for i := range n {
		v := uint8(255 * i / (n - 1))
		palette = append(palette, [3]uint8{v, v, v})
	}
	return palette
}

// bmpImage returns an image of 8 bits that is gray, RGB or RGB and alpha.
func bmpImage(m image.Image) image.Image {
	m = pixel.To8(m)
	if ga, ok := m.(*pixel.GrayAlpha); ok && !pixel.Opaque(ga) {
		return pixel.ToNRGBA(ga)
	}
	return m
}

// twoColours returns the colours of an opaque image if it has no more than two; or nil.
func twoColours(rows *pixel.Rows) [][3]uint8 {
	if rows.Channels == 4 {
		return nil
	}
	var found [][3]uint8
	for y := range rows.Height {
		for row := rows.Row(y); len(row) > 0; row = row[rows.Channels:] {
			c := [3]uint8{row[0], row[rows.Channels/2], row[rows.Channels-1]}
			if slices.Contains(found, c) {
				continue
			}
			if len(found) == 2 {
				return nil
			}
			found = append(found, c)
		}
	}
	return found
}

// indexTwo writes for each pixel of a row 0 if it has the first of two colours, else 1.
func indexTwo(indices, row []byte, first [3]uint8) {
	channels := len(row) / len(indices)
	for x := range indices {
		indices[x] = 0
		if string(row[x*channels:][:channels]) != string(first[:channels]) {
			indices[x] = 1
		}
	}
}
