package filters

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"
)

// The flags of a VP8X chunk (RFC 9649, section 2.7.1).
const (
	webpAnimation = 1 << 1
	webpXMP       = 1 << 2
	webpEXIF      = 1 << 3
	webpAlpha     = 1 << 4
	webpICC       = 1 << 5
)

// riffHeader is the length of "RIFF", the file's length, and "WEBP".
const riffHeader = 12

// webpMetadata reads what is kept of a WebP besides its pixels. It refuses what
// is cut off, which the decoder wouldn't see, and what moves.
func webpMetadata(data []byte) (m Metadata, err error) {
	if len(data) < riffHeader {
		return m, io.ErrUnexpectedEOF
	}
	end := 8 + int64(binary.LittleEndian.Uint32(data[4:]))
	if end > int64(len(data)) {
		return m, io.ErrUnexpectedEOF
	}
	for data := data[riffHeader:max(end, riffHeader)]; len(data) >= 8; {
		kind, n := string(data[:4]), int64(binary.LittleEndian.Uint32(data[4:]))
		if n > int64(len(data)-8) {
			return m, io.ErrUnexpectedEOF
		}
		body := data[8 : 8+n]
		switch kind {
		case "VP8X":
			if n > 0 && body[0]&webpAnimation != 0 {
				return m, errAnimated
			}
		case "ICCP":
			m.ICC = bytes.Clone(body)
		case "EXIF":
			body, _ = bytes.CutPrefix(body, []byte(headEXIF)) // as some write it
			m.setEXIF(body)
		case "XMP ":
			m.setXMP(body)
		}
		data = data[min(8+n+n&1, int64(len(data))):]
	}
	m.setDensity()
	return m, nil
}

// writeWebP writes a file of one VP8L chunk with what is kept besides, which
// takes the extended format (section 2.7).
func writeWebP(w io.Writer, file []byte, m *image.NRGBA, meta *Metadata) error {
	meta.keepProfile("RGB ") // gray is written as RGB
	var flags byte
	var before, after bytes.Buffer
	if len(meta.ICC) > 0 {
		flags |= webpICC
		riffChunk(&before, "ICCP", meta.ICC)
	}
	exif := meta.EXIF
	if fields := meta.Density.fields(); len(exif) == 0 && fields != nil {
		exif = newEXIF(fields) // the format has no other place for it
	}
	if len(exif) > 0 {
		flags |= webpEXIF
		riffChunk(&after, "EXIF", exif)
	}
	if len(meta.XMP) > 0 {
		flags |= webpXMP
		riffChunk(&after, "XMP ", meta.XMP)
	}
	if flags == 0 {
		_, err := w.Write(file)
		return err
	}
	if !opaque(m) {
		flags |= webpAlpha
	}
	size := func(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n-1))[:3] }
	var vp8x bytes.Buffer
	riffChunk(&vp8x, "VP8X", []byte{flags, 0, 0, 0}, size(m.Rect.Dx()), size(m.Rect.Dy()))
	var all bytes.Buffer
	riffChunk(&all, "RIFF", []byte("WEBP"), vp8x.Bytes(), before.Bytes(), file[riffHeader:], after.Bytes())
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
