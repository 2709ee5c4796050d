package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"imgpipe/filters/meta"
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

// A webpFile is what the chunks of a WebP of one image hold (RFC 9649, section 2).
type webpFile struct {
	vp8x     []byte // the body of VP8X, or nil
	alph     []byte // the body of ALPH, or nil
	kind     string // "VP8 ", "VP8L", or "" if there is no image
	image    []byte // the body of that chunk
	ignored  string // the type of the first chunk that is out of place, or ""
	metadata meta.Metadata
}

// readWebP reads the chunks of a file of one image. It refuses files that are cut off,
// which the decoder would not notice. As libwebp does, it takes the first image, and
// alpha from an ALPH chunk between VP8X and the image, even if VP8X denies it.
func readWebP(data []byte, o DecodeOptions) (*webpFile, error) {
	if len(data) < riffHeader {
		return nil, io.ErrUnexpectedEOF
	}
	end := 8 + int64(binary.LittleEndian.Uint32(data[4:]))
	if end > int64(len(data)) {
		return nil, io.ErrUnexpectedEOF
	}
	f := new(webpFile)
	if err := f.readChunks(data[riffHeader:max(end, riffHeader)]); err != nil {
		return nil, err
	}
	f.metadata.UseEXIFResolution()
	return f, f.tolerate(o)
}

// readChunks takes what the chunks hold. One of them has to be an image.
func (f *webpFile) readChunks(data []byte) error {
	for len(data) >= 8 {
		kind, body, rest, err := nextChunk(data)
		if err != nil {
			return err
		}
		if err := f.take(kind, body); err != nil {
			return err
		}
		data = rest
	}
	if f.kind == "" {
		return errors.New("no image")
	}
	return nil
}

// tolerate tells Tolerate of a breach, if there is one.
func (f *webpFile) tolerate(o DecodeOptions) error {
	breach := f.breach()
	if breach == "" {
		return nil
	}
	return o.Tolerate.Handle(&kindError{errors.New("bad WebP: " + breach), ErrCorrupt})
}

// breach says what is wrong in the order of the chunks or in VP8X; "" if nothing is.
func (f *webpFile) breach() string {
	switch flag := f.vp8x != nil && f.vp8x[0]&webpAlpha != 0; {
	case f.ignored != "":
		return f.ignored + " chunk out of place"
	case f.kind == "VP8 " && flag && f.alph == nil:
		return "VP8X says that there is alpha, but there is no ALPH chunk"
	case f.kind == "VP8 " && !flag && f.alph != nil:
		return "ALPH chunk, but VP8X says that there is no alpha"
	case f.kind == "VP8L" && f.alph != nil:
		return "ALPH chunk with a lossless image"
	}
	return ""
}

// take takes what a chunk holds.
func (f *webpFile) take(kind string, body []byte) error {
	switch kind {
	case "VP8X":
		f.takeFirst(&f.vp8x, kind, body, f.kind == "" && len(body) > 0)
	case "ALPH":
		if f.kind == "" && f.vp8x == nil {
			return errors.New("ALPH chunk without a VP8X chunk")
		}
		f.takeFirst(&f.alph, kind, body, f.kind == "")
	case "VP8 ", "VP8L":
		if f.takeFirst(&f.image, kind, body, true) {
			f.kind = kind
		}
	default:
		takeWebPMetadata(&f.metadata, kind, body)
	}
	return nil
}

// takeWebPMetadata takes what a chunk of metadata holds. Any other chunk is ignored.
func takeWebPMetadata(m *meta.Metadata, kind string, body []byte) {
	switch kind {
	case "ICCP":
		m.ICC = bytes.Clone(body)
	case "EXIF":
		setEXIF(m, body)
	case "XMP ":
		m.SetXMP(body)
	}
}

// takeFirst takes a chunk's body if it is in its place and the first of its type. If
// not, the chunk is ignored.
func (f *webpFile) takeFirst(to *[]byte, kind string, body []byte, inPlace bool) bool {
	if inPlace && *to == nil {
		*to = body
		return true
	}
	if f.ignored == "" {
		f.ignored = kind
	}
	return false
}

// ignoresAlpha reports whether the image is a lossless one that says that its alpha
// counts for nothing (RFC 9649, section 3.4).
func (f *webpFile) ignoresAlpha() bool {
	const at, alphaIsUsed = 4, 1 << 4 // behind the signature, and twice 14 bits of size
	return f.kind == "VP8L" && len(f.image) > at && f.image[at]&alphaIsUsed == 0
}

// plain returns a file of nothing but the image. x/image/webp refuses chunks that do
// not belong together, where libwebp ignores one of them.
func (f *webpFile) plain() io.Reader {
	var head bytes.Buffer
	if f.vp8x != nil {
		vp8x := bytes.Clone(f.vp8x)
		vp8x[0] = 0
		if f.kind == "VP8 " && f.alph != nil {
			vp8x[0] = webpAlpha
		}
		riffChunk(&head, "VP8X", vp8x)
		if vp8x[0] != 0 {
			riffChunk(&head, "ALPH", f.alph)
		}
	}
	head.WriteString(f.kind)
	head.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(f.image))))
	padding := make([]byte, len(f.image)%2)
	size := len("WEBP") + head.Len() + len(f.image) + len(padding)
	riff := append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(size)), "WEBP"...)
	return io.MultiReader(bytes.NewReader(riff), &head, bytes.NewReader(f.image), bytes.NewReader(padding))
}
