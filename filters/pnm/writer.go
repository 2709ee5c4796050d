package pnm

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// A Writer encodes one image. [NewWriter] writes the header, [Writer.WriteRow] each
// row and [Writer.Close] what is still buffered.
type Writer struct {
	header Header
	w      *bufio.Writer
	raw    []byte     // a row as stored
	scale  [256]uint8 // maps 8-bit samples from the range 0 to 255 to 0 to MaxVal
	y      int        // rows taken
}

// tupleTypes holds PAM's tuple types by the number of channels (pam(5)).
var tupleTypes = [...]string{1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}

// bilevelTypes holds the same for a MaxVal of 1.
var bilevelTypes = [...]string{1: "BLACKANDWHITE", 2: "BLACKANDWHITE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}

// NewWriter writes the header: of PBM or PGM with 1 channel, PPM with 3 channels, or PAM
// with 1 to 4. A PBM has a MaxVal of 1. NewWriter returns an error if h is not valid, such as
// for a plain format, or if w fails.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	if err := h.validate(); err != nil {
		return nil, fmt.Errorf("pnm: %w", err)
	}
	p := &Writer{header: h, w: bufio.NewWriterSize(w, 32<<10), raw: make([]byte, h.RowBytes())}
	for i := range p.scale {
		p.scale[i] = uint8((i*h.MaxVal + 127) / 255)
	}
	switch types := tupleTypes; {
	case h.Magic == PBM && h.Channels == 1 && h.MaxVal == 1:
		fmt.Fprintf(p.w, "P4\n%d %d\n", h.Width, h.Height)
	case h.Magic == PGM && h.Channels == 1, h.Magic == PPM && h.Channels == 3:
		fmt.Fprintf(p.w, "P%c\n%d %d\n%d\n", h.Magic, h.Width, h.Height, h.MaxVal)
	case h.Magic == PAM && h.Channels >= 1 && h.Channels <= 4:
		if h.MaxVal == 1 {
			types = bilevelTypes
		}
		fmt.Fprintf(p.w, "P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\nTUPLTYPE %s\nENDHDR\n", h.Width, h.Height, h.Channels, h.MaxVal, types[h.Channels])
	default:
		return nil, fmt.Errorf("pnm: writing P%c with %d channels is not supported", h.Magic, h.Channels)
	}
	return p, nil
}

// WriteRow takes the next row, in the form in which [Reader.ReadRow] returns one. It
// does not keep row. WriteRow returns an error if row has another length or follows
// the last row, or if the destination fails.
func (p *Writer) WriteRow(row []byte) error {
	if len(row) != len(p.raw) || p.y == p.header.Height {
		return fmt.Errorf("pnm: WriteRow of row %d with %d bytes, the image has %d rows of %d bytes", p.y, len(row), p.header.Height, len(p.raw))
	}
	p.y++
	switch maxVal := p.header.MaxVal; {
	case p.header.Magic == PBM:
		_, err := p.w.Write(p.packBits(row))
		return err
	case maxVal == 255 || maxVal == 65535:
		_, err := p.w.Write(row)
		return err
	case p.header.Depth() == 8:
		for i, v := range row {
			p.raw[i] = p.scale[v]
		}
	default:
		for i := 0; i < len(row); i += 2 {
			v := int(binary.BigEndian.Uint16(row[i:]))
			binary.BigEndian.PutUint16(p.raw[i:], uint16((v*maxVal+32767)/65535))
		}
	}
	_, err := p.w.Write(p.raw)
	return err
}

// packBits packs 8 samples into a byte, the first in the highest bit. In PBM 1 is black
// (pbm(5)).
func (p *Writer) packBits(row []byte) []byte {
	packed := p.raw[:p.header.storedRowBytes()]
	clear(packed)
	for x, v := range row {
		if v < 128 {
			packed[x/8] |= 0x80 >> (x % 8)
		}
	}
	return packed
}

// Close writes what is still buffered. If rows are missing, Close writes nothing and
// returns an error. It does not close the destination.
func (p *Writer) Close() error {
	if p.y < p.header.Height {
		return fmt.Errorf("pnm: Close after %d rows of %d", p.y, p.header.Height)
	}
	return p.w.Flush()
}
