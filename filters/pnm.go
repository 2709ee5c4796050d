package filters

import (
	"bytes"
	"image"
	"io"

	"imgpipe/filters/pnm"
)

func decodePNM(data []byte, l Limits) (*Picture, error) {
	r, err := pnm.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	h := r.Header()
	form := rowForm{image.Pt(h.Width, h.Height), h.Channels, h.Depth()}
	if err := l.admit(h.Width, h.Height, 1, form.memory()); err != nil {
		return nil, err
	}
	m, err := form.read(r.ReadRow)
	if err != nil {
		return nil, err
	}
	p := still(m, Metadata{})
	if h.MaxVal > 1 {
		p.Meta.maxVal = h.MaxVal
	}
	return p, nil
}

// encodePNM writes PGM or PPM, on white where the picture was transparent.
func encodePNM(w io.Writer, p *Picture, _ Options) error {
	s := samplesOf(flatten(p.Frames[0].Image))
	magic := byte(pnm.PGM)
	if s.channels == 3 {
		magic = pnm.PPM
	}
	return writePNM(w, s, magic, p.Meta.maxVal)
}

// encodePAM writes alpha too.
func encodePAM(w io.Writer, p *Picture, _ Options) error {
	return writePNM(w, samplesOf(p.Frames[0].Image), pnm.PAM, p.Meta.maxVal)
}

// writePNM keeps the maxval of a PNM, as netpbm's tools do.
func writePNM(w io.Writer, s samples, magic byte, maxVal int) error {
	if most := 1<<s.depth - 1; maxVal == 0 || maxVal > most || maxVal <= 255 && s.depth == 16 {
		maxVal = most
	}
	e, err := pnm.NewWriter(w, pnm.Header{Magic: magic, Width: s.width, Height: s.height, Channels: s.channels, MaxVal: maxVal})
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
