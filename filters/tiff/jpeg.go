package tiff

import (
	"bytes"
	"errors"
	"image"
	"io"

	"imgpipe/filters/jpegdct"
	"imgpipe/filters/pixel"
)

// A jpegSegments decodes segments that are JPEGs (Adobe's technical note 2, which
// replaces section 22). What the components are is said by the page.
type jpegSegments struct {
	*Page
	tables []byte // JPEGTables: a JPEG of tables alone, which belong to all segments; may be nil
}

func (p *Page) newJPEG() *jpegSegments {
	j := &jpegSegments{Page: p}
	if t := p.d.bytesOf(tagJPEGTables); len(t) > 4 {
		j.tables = t[2 : len(t)-2] // without SOI and EOI
	}
	return j
}

// decode writes the samples of the given rows into dst, chroma at full size.
func (j *jpegSegments) decode(dst, src []byte, rows int) (used int, err error) {
	const soi = 2 // bytes of the marker
	if len(src) < soi {
		return 0, tooShort(0, len(dst))
	}
	used = len(j.tables) + len(src)
	r, err := jpegdct.NewReader(io.MultiReader(bytes.NewReader(src[:soi]), bytes.NewReader(j.tables), bytes.NewReader(src[soi:])),
		jpegdct.ReaderOptions{Tolerate: j.r.options.Tolerate})
	if err != nil {
		return used, jpegError(err)
	}
	samples := len(dst) / rows / j.width
	switch h := r.Header(); {
	case len(h.Components) != samples:
		return used, corrupt("a JPEG of %d components where %d are needed", len(h.Components), samples)
	case h.Width != j.width || h.Height > j.height:
		return used, corrupt("a JPEG of %d x %d pixels in a %s of %d x %d", h.Width, h.Height, j.kind, j.width, j.height)
	case h.Height < rows && h.Height > 0:
		return used, truncated("a JPEG of %d rows where %d are needed", h.Height, rows)
	}
	planes, err := r.Decode(jpegdct.DecodeOptions{})
	if err != nil {
		return used, jpegError(err)
	}
	hMax, vMax := 1, 1
	for _, c := range planes.Planes {
		hMax, vMax = max(hMax, c.H), max(vMax, c.V)
	}
	for k, c := range planes.Planes {
		if hMax%c.H != 0 || vMax%c.V != 0 {
			return used, unsupported("a JPEG whose components are not sampled by whole numbers")
		}
		up := pixel.NewUpsampler(c.Pix, c.Stride, image.Pt(c.Width, c.Height), hMax/c.H, vMax/c.V)
		for y := range rows {
			interleave(dst[y*j.width*samples:][:j.width*samples], up.Row(y), k, samples)
		}
	}
	return used, nil
}

// interleave writes the samples of component k of n.
func interleave(dst, src []byte, k, n int) {
	if n == 1 {
		copy(dst, src)
		return
	}
	for i, at := 0, k; at < len(dst); i, at = i+1, at+n {
		dst[at] = src[i]
	}
}

// jpegError gives an error of jpegdct one of this package's kinds.
func jpegError(err error) error {
	switch {
	case errors.Is(err, jpegdct.ErrTruncated):
		return truncated("%w", err)
	case errors.Is(err, jpegdct.ErrUnsupported):
		return unsupported("%w", err)
	case errors.Is(err, jpegdct.ErrCorrupt):
		return corrupt("%w", err)
	}
	return err // of Tolerate
}
