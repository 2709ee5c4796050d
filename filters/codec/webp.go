package codec

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"

	"golang.org/x/image/webp"

	"imgpipe/filters/icc"
	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
	"imgpipe/filters/vp8l"
)

var webpFormat = format{
	name:    WebP,
	endings: []string{"webp"},
	magic:   []string{"RIFF????WEBP"},
	maxSide: 16384,
	frames:  animations,
	spaces:  []icc.Space{icc.RGB}, // it has no gray
	decode:  decodeWebP,
	encode:  encodeWebP,
	end:     endOfWebP,
}

func decodeWebP(data []byte, o DecodeOptions) (*Picture, error) {
	if isAnimatedWebP(data) {
		return decodeAnimatedWebP(data, o)
	}
	file, err := readWebP(data, o)
	if err != nil {
		return nil, err
	}
	c, err := webp.DecodeConfig(file.plain())
	if err != nil {
		return nil, err
	}
	if err := o.Limits.checkImage(c.Width, c.Height, 1, 8); err != nil {
		return nil, err
	}
	m, err := file.decode()
	if err != nil {
		return nil, err
	}
	p := newPicture(m)
	p.Frames[0].Meta = file.metadata
	return p, nil
}

// decode decodes the image.
func (f *webpFile) decode() (image.Image, error) {
	m, err := webp.Decode(f.plain())
	if err != nil {
		return nil, err
	}
	switch decoded := m.(type) {
	case *image.YCbCr:
		return pixel.FromStudio(decoded), nil
	case *image.NYCbCrA:
		return pixel.FromStudioAlpha(decoded), nil
	case *image.NRGBA:
		if f.ignoresAlpha() {
			for i := 3; i < len(decoded.Pix); i += 4 {
				decoded.Pix[i] = 255
			}
		}
	}
	return m, nil
}

// webpCost is how many bytes it takes at most to encode a pixel.
const webpCost = 16

// encodeWebP writes lossless WebP, which has no gray: red, green and blue are
// equal.
func encodeWebP(w io.Writer, p *Picture, o EncodeOptions) error {
	if len(p.Frames) > 1 {
		return encodeAnimatedWebP(w, p, o)
	}
	f := &p.Frames[0]
	size := f.Image.Bounds().Size()
	if err := o.Limits.CheckMemory(webpCost * int64(size.X) * int64(size.Y)); err != nil {
		return err
	}
	rows := pixel.RowsOf(pixel.To8(f.Image))
	chunk, err := vp8lChunk(vp8l.Header{Width: rows.Width, Height: rows.Height, Channels: rows.Channels}, rows.Row)
	if err != nil {
		return err
	}
	flags := byte(0)
	if rows.Channels%2 == 0 {
		flags = webpAlpha
	}
	return writeWebP(w, chunk, size, flags, &f.Meta)
}

// vp8lChunk returns rows as a VP8L chunk.
func vp8lChunk(h vp8l.Header, row func(y int) []byte) ([]byte, error) {
	body, err := vp8l.Encode(h, row)
	if err != nil {
		return nil, err
	}
	var chunk bytes.Buffer
	riffChunk(&chunk, "VP8L", body)
	return chunk.Bytes(), nil
}

// writeWebP writes a file: the chunks of its image or its animation, together with
// metadata. A canvas with alpha alone needs no VP8X chunk (RFC 9649, section 2.7).
func writeWebP(w io.Writer, chunks []byte, canvas image.Point, flags byte, metadata *meta.Metadata) error {
	var before, after bytes.Buffer
	if len(metadata.ICC) > 0 {
		flags |= webpICC
		riffChunk(&before, "ICCP", metadata.ICC)
	}
	exif := metadata.EXIF
	if fields := metadata.Resolution.Fields(); len(exif) == 0 && fields != nil {
		exif = meta.NewTIFF(fields) // the format has no other place for a resolution
	}
	if len(exif) > 0 {
		flags |= webpEXIF
		riffChunk(&after, "EXIF", exif)
	}
	if len(metadata.XMP) > 0 {
		flags |= webpXMP
		riffChunk(&after, "XMP ", metadata.XMP)
	}
	var vp8x, all bytes.Buffer
	if flags&^webpAlpha != 0 {
		riffChunk(&vp8x, "VP8X", []byte{flags, 0, 0, 0}, put24(canvas.X-1), put24(canvas.Y-1))
	}
	riffChunk(&all, "RIFF", []byte("WEBP"), vp8x.Bytes(), before.Bytes(), chunks, after.Bytes())
	_, err := w.Write(all.Bytes())
	return err
}

// riffChunk writes a chunk, padded to an even length.
func riffChunk(w *bytes.Buffer, kind string, parts ...[]byte) {
	body := bytes.Join(parts, nil)
	w.WriteString(kind)
	w.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(body))))
	w.Write(body)
	if len(body)%2 == 1 {
		w.WriteByte(0)
	}
}
