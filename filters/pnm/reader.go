package pnm

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// A Reader decodes one image. [NewReader] reads the header and [Reader.ReadRow] each
// row. A Reader reads ahead: it may take bytes from its source that follow the image.
type Reader struct {
	header Header
	r      *bufio.Reader
	raw    []byte     // a PBM row as stored
	scale  [256]uint8 // maps 8-bit samples from the range 0 to MaxVal to 0 to 255
	y      int        // rows returned
}

// NewReader reads the header. It allocates no memory in proportion to the size there:
// a caller with a limit checks the Header before it allocates rows. The errors are
// those of [ReadHeader].
func NewReader(r io.Reader) (*Reader, error) {
	p := &Reader{r: bufio.NewReaderSize(r, 32<<10)}
	var err error
	if p.header, err = ReadHeader(p.r); err != nil {
		return nil, err
	}
	for i := range p.scale {
		p.scale[i] = uint8((i*255 + p.header.MaxVal/2) / p.header.MaxVal)
	}
	return p, nil
}

// Header returns the header.
func (p *Reader) Header() Header { return p.header }

// ReadRow writes the next row to dst, whose length must be the Header's RowBytes. The
// samples of a pixel stand together. A sample is 0 for black or transparent and 255
// for white or opaque, or 65535 and big-endian if Depth is 16: samples are scaled
// from MaxVal. After the last row ReadRow returns io.EOF.
//
// The error wraps [ErrCorrupt] for an invalid sample and io.ErrUnexpectedEOF if the
// source ends too early; otherwise it is an error of the source.
func (p *Reader) ReadRow(dst []byte) error {
	h := p.header
	if len(dst) != h.RowBytes() {
		return fmt.Errorf("pnm: ReadRow into %d bytes, a row has %d", len(dst), h.RowBytes())
	}
	if p.y == h.Height {
		return io.EOF
	}
	var err error
	switch {
	case h.Plain():
		err = p.readPlain(dst)
	case h.Magic == PBM:
		err = p.readBits(dst)
	case h.Depth() == 8:
		err = p.readBytes(dst)
	default:
		err = p.readWords(dst)
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = truncated("ends in row %d of %d", p.y, h.Height)
	}
	p.y++
	return err
}

// readBits reads a row of PBM.
func (p *Reader) readBits(dst []byte) error {
	if p.raw == nil {
		p.raw = make([]byte, p.header.storedRowBytes())
	}
	if _, err := io.ReadFull(p.r, p.raw); err != nil {
		return err
	}
	for x := range dst {
		dst[x] = 0xff // in PBM 1 is black
		if p.raw[x/8]<<(x%8)&0x80 != 0 {
			dst[x] = 0
		}
	}
	return nil
}

// readBytes reads a row of 8-bit samples.
func (p *Reader) readBytes(dst []byte) error {
	if _, err := io.ReadFull(p.r, dst); err != nil || p.header.MaxVal == 255 {
		return err
	}
	for i, v := range dst {
		if int(v) > p.header.MaxVal {
			return p.errTooLarge(int(v))
		}
		dst[i] = p.scale[v]
	}
	return nil
}

// readWords reads a row of 16-bit samples.
func (p *Reader) readWords(dst []byte) error {
	if _, err := io.ReadFull(p.r, dst); err != nil || p.header.MaxVal == 65535 {
		return err
	}
	for i := 0; i < len(dst); i += 2 {
		v := int(binary.BigEndian.Uint16(dst[i:]))
		if v > p.header.MaxVal {
			return p.errTooLarge(v)
		}
		p.putScaled(dst[i:], v)
	}
	return nil
}

// putScaled stores sample v in dst, scaled from MaxVal to 65535.
func (p *Reader) putScaled(dst []byte, v int) {
	maxVal := p.header.MaxVal
	binary.BigEndian.PutUint16(dst, uint16((v*65535+maxVal/2)/maxVal))
}

func (p *Reader) errTooLarge(v int) error {
	return corrupt("sample %d in row %d exceeds the maxval %d", v, p.y, p.header.MaxVal)
}

// readPlain reads a row of a plain image.
func (p *Reader) readPlain(dst []byte) error {
	s := scanner{r: p.r, left: -1}
	size := p.header.Depth() / 8
	for i := 0; i < len(dst); i += size {
		v, err := s.readSample(p.header.Magic)
		if err != nil {
			return err
		}
		switch {
		case v > p.header.MaxVal:
			return p.errTooLarge(v)
		case p.header.Magic == plainPBM: // in PBM 1 is black
			dst[i] = byte(1-v) * 255
		case size == 2:
			p.putScaled(dst[i:], v)
		default:
			dst[i] = p.scale[v]
		}
	}
	return nil
}

// readSample reads one sample of a plain image. The samples of plain PBM need no
// white space between them.
func (s *scanner) readSample(magic byte) (int, error) {
	if magic != plainPBM {
		return s.readNumber()
	}
	c, err := s.readChar()
	for err == nil && isSpace(c) {
		c, err = s.readChar()
	}
	if err == nil && c != '0' && c != '1' {
		err = corrupt("unexpected %q, expected 0 or 1", c)
	}
	return int(c - '0'), err
}
