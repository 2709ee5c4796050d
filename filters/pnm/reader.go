package pnm

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// A Reader reads one image: [NewReader], then ReadRow for each row. It reads
// ahead: what follows the image may have been taken from its source.
type Reader struct {
	header Header
	r      *bufio.Reader
	raw    []byte     // a row as stored, where it isn't given as it is
	scale  [256]uint8 // of samples of 8 bits, to 0 to 255
	y      int        // rows given
}

// NewReader reads r up to the samples. Whether there is room for them is the
// caller's to decide, by the Header.
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

// Header gives what stands before the samples.
func (p *Reader) Header() Header { return p.header }

// ReadRow writes the next row into dst, which must have the Header's RowBytes:
// interleaved samples from black to white and from transparent to opaque, 0 to
// 255, or 0 to 65535 and big-endian, whatever the MaxVal. A bitmap is gray.
// After the last row it gives io.EOF.
func (p *Reader) ReadRow(dst []byte) error {
	h := p.header
	if len(dst) != h.RowBytes() {
		return fmt.Errorf("pnm: room for a row of %d bytes, not of %d", len(dst), h.RowBytes())
	}
	if p.y == h.Height {
		return io.EOF
	}
	var err error
	switch {
	case h.Plain():
		err = p.plainRow(dst)
	case h.Magic == PBM:
		err = p.bitRow(dst)
	case h.Depth() == 8:
		err = p.byteRow(dst)
	default:
		err = p.wordRow(dst)
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = truncated("ends in row %d of %d", p.y, h.Height)
	}
	p.y++
	return err
}

func (p *Reader) bitRow(dst []byte) error {
	if p.raw == nil {
		p.raw = make([]byte, p.header.storedRow())
	}
	if _, err := io.ReadFull(p.r, p.raw); err != nil {
		return err
	}
	for x := range dst {
		dst[x] = 0xff // 1 is black
		if p.raw[x/8]<<(x%8)&0x80 != 0 {
			dst[x] = 0
		}
	}
	return nil
}

func (p *Reader) byteRow(dst []byte) error {
	if _, err := io.ReadFull(p.r, dst); err != nil || p.header.MaxVal == 255 {
		return err
	}
	for i, v := range dst {
		if int(v) > p.header.MaxVal {
			return p.tooLarge(int(v))
		}
		dst[i] = p.scale[v]
	}
	return nil
}

func (p *Reader) wordRow(dst []byte) error {
	if _, err := io.ReadFull(p.r, dst); err != nil || p.header.MaxVal == 65535 {
		return err
	}
	for i := 0; i < len(dst); i += 2 {
		v := int(binary.BigEndian.Uint16(dst[i:]))
		if v > p.header.MaxVal {
			return p.tooLarge(v)
		}
		p.putWord(dst[i:], v)
	}
	return nil
}

func (p *Reader) putWord(dst []byte, v int) {
	most := p.header.MaxVal
	binary.BigEndian.PutUint16(dst, uint16((v*65535+most/2)/most))
}

func (p *Reader) tooLarge(v int) error {
	return corrupt("a sample of %d in row %d, where %d is the most", v, p.y, p.header.MaxVal)
}

func (p *Reader) plainRow(dst []byte) error {
	s := scanner{r: p.r, left: -1}
	size := p.header.Depth() / 8
	for i := 0; i < len(dst); i += size {
		v, err := s.sample(p.header.Magic)
		if err != nil {
			return err
		}
		switch {
		case v > p.header.MaxVal:
			return p.tooLarge(v)
		case p.header.Magic == PlainPBM: // 1 is black
			dst[i] = byte(1-v) * 255
		case size == 2:
			p.putWord(dst[i:], v)
		default:
			dst[i] = p.scale[v]
		}
	}
	return nil
}

// sample reads one sample of a plain image.
func (s *scanner) sample(magic byte) (int, error) {
	if magic != PlainPBM {
		return s.number()
	}
	c, err := s.char()
	for err == nil && isSpace(c) {
		c, err = s.char()
	}
	if err == nil && c != '0' && c != '1' {
		err = corrupt("%q, where 0 or 1 should be", c)
	}
	return int(c - '0'), err
}
