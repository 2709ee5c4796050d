package codec

import (
	"image"
	"io"

	"imgpipe/filters/jpegdct"
	"imgpipe/filters/meta"
)

// A JPEGFile is a JPEG of which the headers have been read. Either its
// coefficients are processed, by its Reader, or its pixels are decoded: one of
// the two, once.
type JPEGFile struct {
	Reader  *jpegdct.Reader
	Meta    meta.Metadata
	options DecodeOptions
	gray    bool // DropChroma was called
}

// OpenJPEG reads the headers of a JPEG, and checks the size that they say.
func OpenJPEG(r io.Reader, o DecodeOptions) (*JPEGFile, error) {
	reader, err := jpegdct.NewReader(r, jpegdct.ReaderOptions{Tolerate: o.Tolerate})
	if err != nil {
		return nil, ExplainJPEG(err)
	}
	h := reader.Header()
	if err := o.Limits.CheckSize(h.Width, h.Height, 1); err != nil {
		return nil, explain(err, JPEG, nil)
	}
	return &JPEGFile{Reader: reader, Meta: jpegMetadata(h), options: o}, nil
}

// ExplainJPEG gives an error of a JPEGFile's Reader the kind that an error of
// Decode has. Errors of the reader and the writer below it have no kind.
func ExplainJPEG(err error) error {
	if kind := jpegErrorKind(err); kind != nil {
		return &kindError{err, kind}
	}
	return err
}

// Decode decodes the pixels at eighths / 8 of the image's size, rounded up.
// Eighths is 1 to 8.
func (j *JPEGFile) Decode(eighths int) (*Picture, error) {
	planes, err := j.Reader.Decode(jpegdct.DecodeOptions{Scale: eighths, Allow: j.options.Limits.CheckMemory})
	if err != nil {
		return nil, ExplainJPEG(err)
	}
	if planes.ColorSpace == jpegdct.UnknownColor {
		if err := j.options.Tolerate.Handle(jpegdct.ErrTwoComponents); err != nil {
			return nil, ExplainJPEG(err)
		}
	}
	metadata := j.Meta
	var inksToRGB func(row []uint8, depth int)
	if planes.ColorSpace == jpegdct.CMYK || planes.ColorSpace == jpegdct.YCCK {
		if inksToRGB, err = j.options.inkConverter(JPEG, metadata.ICC); err != nil {
			return nil, err
		}
		metadata.ICC = nil // it describes inks, and the pixels are RGB now
	}
	m, err := imageOf(planes, inksToRGB)
	if err != nil {
		return nil, ExplainJPEG(err)
	}
	p := newPicture(m)
	p.Format = JPEG
	f := &p.Frames[0]
	f.Meta = metadata
	h := j.Reader.Header()
	f.size, f.eighths = image.Pt(h.Width, h.Height), eighths
	stored := jpegStored{quant: quantTables(planes)}
	if y, ok := m.(*image.YCbCr); ok {
		stored.sampling = &y.SubsampleRatio
	}
	f.stored = stored
	return p, nil
}

// DropChroma makes j the gray JPEG that its Reader's Gray writes, with the given profile. It
// returns jpegdct.ErrUnsupported where the pixels have to be decoded, and then changes nothing.
func (j *JPEGFile) DropChroma(profile []byte) error {
	if err := j.Reader.DropChroma(); err != nil {
		return err
	}
	j.Meta.ICC, j.gray = profile, true
	return nil
}

// CopyTo writes the file as it is, once all of it has been read and decoded: a
// file that is not whole is not written. After DropChroma it writes the gray JPEG.
func (j *JPEGFile) CopyTo(w io.Writer) error {
	if j.gray {
		return j.Reader.Gray(w, jpegdct.GrayOptions{Segments: JPEGSegments(&j.Meta, false), Allow: j.options.Limits.CheckMemory})
	}
	r, err := j.Reader.Replay()
	if err != nil {
		return err
	}
	data, err := readAll(r, JPEG, j.options.Limits)
	if err != nil {
		return err
	}
	if _, err := decodeJPEG(data, j.options); err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// quantTables returns the quantisation tables of luma and of chroma.
func quantTables(p *jpegdct.Planes) (tables [2]*jpegdct.QuantTable) {
	tables[0] = p.Planes[0].Quant
	tables[1] = tables[0]
	if p.ColorSpace == jpegdct.YCbCr {
		tables[1] = p.Planes[1].Quant
	}
	return tables
}
