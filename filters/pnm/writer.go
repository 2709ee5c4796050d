package pnm

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// A Writer writes one image: [NewWriter], then WriteRow for each row, then
// Close.
type Writer struct {
	header Header
	w      *bufio.Writer
	raw    []byte
	scale  [256]uint8 // of samples of 8 bits, from 0 to 255
	y      int        // rows taken
}

// tuples are the types of PAM by the number of channels.
var tuples = [...]string{1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}

// NewWriter writes what stands before the samples. It's for PGM with one
// channel, PPM with three, and PAM with any number.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("pnm: %w", err)
	}
	p := &Writer{header: h, w: bufio.NewWriterSize(w, 32<<10), raw: make([]byte, h.RowBytes())}
	for i := range p.scale {
		p.scale[i] = uint8((i*h.MaxVal + 127) / 255)
	}
	switch {
	case h.Magic == PGM && h.Channels == 1, h.Magic == PPM && h.Channels == 3:
		fmt.Fprintf(p.w, "P%c\n%d %d\n%d\n", h.Magic, h.Width, h.Height, h.MaxVal)
	case h.Magic == PAM && h.Channels >= 1 && h.Channels <= 4:
		fmt.Fprintf(p.w, "P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\nTUPLTYPE %s\nENDHDR\n", h.Width, h.Height, h.Channels, h.MaxVal, tuples[h.Channels])
	default:
		return nil, fmt.Errorf("pnm: P%c isn't written with %d channels", h.Magic, h.Channels)
	}
	return p, nil
}

// WriteRow takes the next row, as Reader.ReadRow gives it. It doesn't keep row.
func (p *Writer) WriteRow(row []byte) error {
	if len(row) != len(p.raw) || p.y == p.header.Height {
		return fmt.Errorf("pnm: row %d of %d bytes, in an image of %d rows of %d", p.y, len(row), p.header.Height, len(p.raw))
	}
	p.y++
	switch most := p.header.MaxVal; {
	case most == 255 || most == 65535:
		_, err := p.w.Write(row)
		return err
	case p.header.Depth() == 8:
		for i, v := range row {
			p.raw[i] = p.scale[v]
		}
	default:
		for i := 0; i < len(row); i += 2 {
			v := int(binary.BigEndian.Uint16(row[i:]))
			binary.BigEndian.PutUint16(p.raw[i:], uint16((v*most+32767)/65535))
		}
	}
	_, err := p.w.Write(p.raw)
	return err
}

// Close writes what is still held back. If rows are missing it gives an error.
func (p *Writer) Close() error {
	if p.y < p.header.Height {
		return fmt.Errorf("pnm: closed after %d rows of %d", p.y, p.header.Height)
	}
	return p.w.Flush()
}
