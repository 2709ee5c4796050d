package codec

import (
	"bytes"
	"errors"
	"io"

	"imgpipe/filters/pixel"
	"imgpipe/filters/pnm"
)

var pnmFormat = format{
	name:    PNM,
	endings: []string{"pnm", "pbm", "pgm", "ppm"},
	magic:   []string{"P1", "P2", "P3", "P4", "P5", "P6"},
	maxSide: anySide,
	decode:  decodePNM,
	encode:  encodePNM,
	end:     endOfPNM,
	kind:    pnmErrorKind,
}

var pamFormat = format{
	name:    PAM,
	endings: []string{"pam"},
	magic:   []string{"P7\n"},
	maxSide: anySide,
	decode:  decodePNM,
	encode:  encodePAM,
	end:     endOfPNM,
	kind:    pnmErrorKind,
}

// pnmErrorKind returns the kind of an error of package pnm, whose text names the format;
// nil for any other error.
func pnmErrorKind(err error) error {
	switch {
	case errors.Is(err, pnm.ErrCorrupt):
		return ErrCorrupt
	case errors.Is(err, io.ErrUnexpectedEOF):
		return ErrTruncated
	}
	return nil
}

// pnmStored is how a PNM or PAM stored its samples.
type pnmStored struct{ maxVal int }

func decodePNM(data []byte, o DecodeOptions) (*Picture, error) {
	l := o.Limits
	r, err := pnm.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	h := r.Header()
	layout := pixel.Layout{Width: h.Width, Height: h.Height, Channels: h.Channels, Depth: h.Depth()}
	if err := l.checkImage(h.Width, h.Height, 1, layout.ImageBytes()); err != nil {
		return nil, err
	}
	m, err := layout.Read(r.ReadRow)
	if err != nil {
		return nil, err
	}
	p := newPicture(m)
	p.Frames[0].stored = pnmStored{h.MaxVal}
	return p, nil
}

// encodePNM writes PBM, PGM or PPM, on white where the picture was transparent. Black
// and white alone make a PBM, unless the picture was a PGM or PPM.
func encodePNM(w io.Writer, p *Picture, _ EncodeOptions) error {
	f := &p.Frames[0]
	rows := pixel.RowsOf(pixel.Flatten(f.Image))
	magic := byte(pnm.PGM)
	was, ok := f.stored.(pnmStored)
	switch {
	case rows.Channels == 3:
		magic = pnm.PPM
	case (!ok || was.maxVal == 1) && rows.PackedDepth() == 1:
		magic, was.maxVal = pnm.PBM, 1
	}
	return writePNM(w, rows, magic, was.maxVal)
}

// encodePAM writes alpha too.
func encodePAM(w io.Writer, p *Picture, _ EncodeOptions) error {
	f := &p.Frames[0]
	was, _ := f.stored.(pnmStored)
	return writePNM(w, pixel.RowsOf(f.Image), pnm.PAM, was.maxVal)
}

// writePNM keeps the maxval of a PNM, as netpbm's tools do, if the samples still
// have its depth. A maxval of 1 is kept if they are still black and white.
func writePNM(w io.Writer, rows *pixel.Rows, magic byte, maxVal int) error {
	most := 1<<rows.Depth - 1
	if maxVal == 0 || maxVal > most || maxVal <= 255 && rows.Depth == 16 || maxVal == 1 && rows.PackedDepth() > 1 {
		maxVal = most
	}
	e, err := pnm.NewWriter(w, pnm.Header{Magic: magic, Width: rows.Width, Height: rows.Height, Channels: rows.Channels, MaxVal: maxVal})
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
