package codec

import (
	"bytes"
	"errors"
	"io"

	"imgpipe/filters/icc"
	"imgpipe/filters/pixel"
	"imgpipe/filters/tiff"
)

var tiffFormat = format{
	name:    TIFF,
	aliases: []string{"tif"},
	endings: []string{"tif", "tiff"},
	magic:   []string{"II*\x00", "MM\x00*", "II+\x00\x08\x00\x00\x00", "MM\x00+\x00\x08\x00\x00"},
	maxSide: anySide,
	frames:  animationsAndPages,
	spaces:  []icc.Space{icc.RGB, icc.Gray},
	decode:  decodeTIFF,
	encode:  encodeTIFF,
	kind:    tiffErrorKind,
}

// tiffErrorKind returns the kind of an error of package tiff, whose text names the format;
// nil for any other error.
func tiffErrorKind(err error) error {
	switch {
	case errors.Is(err, tiff.ErrTruncated):
		return ErrTruncated
	case errors.Is(err, tiff.ErrUnsupported):
		return ErrUnsupported
	case errors.Is(err, tiff.ErrCorrupt):
		return ErrCorrupt
	}
	return nil
}

// tiffStored is how a TIFF stored a page.
type tiffStored struct{ subfile int } // NewSubfileType

// decodeTIFF reads every page as a frame.
func decodeTIFF(data []byte, o DecodeOptions) (*Picture, error) {
	l := o.Limits
	r, err := tiff.NewReader(data, tiff.ReaderOptions{Tolerate: o.Tolerate})
	if err != nil {
		return nil, err
	}
	p := &Picture{}
	var inks []byte                            // the profile of CMYK of the page before
	var inksToRGB func(row []uint8, depth int) // by that profile
	left, held := l.pixels(), int64(0)         // pixels; bytes of all images
	for n := 1; r.More(); n++ {
		if err := l.CheckFrames(n); err != nil {
			return nil, err
		}
		page, err := r.Next()
		if err != nil {
			return nil, err
		}
		if err := l.CheckSize(page.Width, page.Height, 1); err != nil {
			return nil, err
		}
		if left -= int64(page.Width) * int64(page.Height); left < 0 {
			return nil, beyond(MaxPixels, "%d pages have more pixels than the limit of %d", n, l.pixels())
		}
		image, besides := page.Memory()
		held += image
		if err := l.CheckMemory(held + besides); err != nil {
			return nil, err
		}
		metadata := page.Metadata()
		if page.IsCMYK() {
			if inksToRGB == nil || !bytes.Equal(metadata.ICC, inks) {
				inks = metadata.ICC
				if inksToRGB, err = o.inkConverter(TIFF, inks); err != nil {
					return nil, err
				}
			}
			page.InksToRGB = inksToRGB
			metadata.ICC = nil // it describes inks, and the pixels are RGB now
		}
		m, err := page.Decode()
		if err != nil {
			return nil, err
		}
		p.Frames = append(p.Frames, Frame{Image: m, Meta: metadata, stored: tiffStored{page.Subfile}})
	}
	return p, nil
}

// encodeTIFF writes every frame as a page.
func encodeTIFF(w io.Writer, p *Picture, _ EncodeOptions) error {
	t := tiff.NewWriter(w)
	for i := range p.Frames {
		f := &p.Frames[i]
		stored, _ := f.stored.(tiffStored)
		if err := t.WritePage(pixel.RowsOf(f.Image), &f.Meta, stored.subfile); err != nil {
			return err
		}
	}
	return t.Close()
}
