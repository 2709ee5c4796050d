package codec

import (
	"bytes"
	"errors"
	"image"
	"io"

	"imgpipe/filters/icc"
	"imgpipe/filters/jpegdct"
	"imgpipe/filters/pixel"
)

var jpegFormat = format{
	name:    JPEG,
	aliases: []string{"jpg"},
	endings: []string{"jpg", "jpeg", "jpe", "jfif"},
	magic:   []string{"\xff\xd8"}, // a marker need not follow at once
	maxSide: 65535,
	spaces:  []icc.Space{icc.RGB, icc.Gray},
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

// jpegErrorKind returns the kind of an error of package jpegdct, whose text names the
// format; nil for an error of the input's reader.
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
