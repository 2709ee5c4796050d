package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"

	"imgpipe/filters/jpegdct"
	"imgpipe/filters/pixel"
)

var jpegFormat = format{
	name:    JPEG,
	aliases: []string{"jpg"},
	magic:   []string{"\xff\xd8\xff"},
	maxSide: 65535,
	decode:  decodeJPEG,
	encode:  encodeJPEG,
	end:     endOfJPEG,
	kind:    jpegErrorKind,
}

// jpegStored is how a JPEG stored its components.
type jpegStored struct {
	quant    [2]*jpegdct.QuantTable     // for luma and for chroma
	sampling *image.YCbCrSubsampleRatio // nil if it was not YCbCr
}

// defaultQuality is the quality of a JPEG that is made from another format.
const defaultQuality = 90

// jpegErrorKind knows jpegdct's errors, which name the format. It returns nil for
// an error of the input's reader.
func jpegErrorKind(err error) error {
	switch {
	case errors.Is(err, jpegdct.ErrTruncated):
		return ErrTruncated
	case errors.Is(err, jpegdct.ErrUnsupported):
		return ErrUnsupported
	case errors.Is(err, jpegdct.ErrCorrupt):
		return ErrCorrupt
	}
	return nil
}

func decodeJPEG(data []byte, o DecodeOptions) (*Picture, error) {
	j, err := OpenJPEG(bytes.NewReader(data), o)
	if err != nil {
		return nil, err
	}
	return j.Decode(8)
}

func encodeJPEG(w io.Writer, p *Picture, o EncodeOptions) error {
	f := &p.Frames[0]
	stored, _ := f.stored.(jpegStored)
	planes := planesOf(pixel.Flatten(pixel.To8(f.Image)), stored.sampling)
	quality := o.Quality
	if quality == 0 {
		quality = defaultQuality
		for i := range planes.Planes {
			planes.Planes[i].Quant = stored.quant[min(i, 1)]
		}
	}
	jfif := &jpegdct.JFIF{Major: 1, Minor: 1}
	jfif.Units, jfif.Xdensity, jfif.Ydensity = f.Meta.Resolution.JFIF()
	return jpegdct.Encode(w, planes, jpegdct.EncodeOptions{Quality: quality, JFIF: jfif, Segments: jpegSegments(&f.Meta)})
}

// endOfJPEG walks the markers (T.81, annex B). It steps over segments, with the
// thumbnails in them; between segments, in entropy-coded data, it looks for the
// next marker. Where an SOI comes instead of EOI, the image was cut short, and
// another one begins.
func endOfJPEG(s *Splitter) error {
	const rst0, soi, eoi, tem = 0xd0, 0xd8, 0xd9, 0x01
	if err := s.skip(2); err != nil {
		return err
	}
	for {
		marker, err := nextMarker(s)
		if err != nil {
			return err
		}
		switch {
		case marker == eoi:
			return nil
		case marker == soi:
			s.pos -= 2
			return nil
		case marker >= rst0 && marker < soi || marker == tem:
			continue
		}
		if err := s.need(2); err != nil {
			return err
		}
		if err := s.skip(int64(binary.BigEndian.Uint16(s.ahead()))); err != nil {
			return err
		}
	}
}

// nextMarker skips the next marker and returns its code. Below C0, FF is data:
// with a stuffed zero, or in a JPEG-LS with a stuffed bit.
func nextMarker(s *Splitter) (byte, error) {
	for {
		i := bytes.IndexByte(s.ahead(), 0xff)
		if i < 0 {
			s.pos = len(s.buf)
			if err := s.fill(); err != nil {
				return 0, err
			}
			continue
		}
		s.pos += i
		if err := s.need(2); err != nil {
			return 0, err
		}
		marker := s.ahead()[1]
		if s.pos++; marker == 0xff { // a fill byte
			continue
		}
		if s.pos++; marker >= 0xc0 {
			return marker, nil
		}
	}
}
