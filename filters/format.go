package filters

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"strings"

	"imgpipe/filters/jpegdct"
	"imgpipe/filters/pngrow"
	"imgpipe/filters/pnm"
)

// A Format is a file format, by the name that its users write.
type Format string

// The formats that can be read and written.
const (
	JPEG Format = "JPEG"
	PNG  Format = "PNG"
	GIF  Format = "GIF"
	BMP  Format = "BMP"
	TIFF Format = "TIFF"
	WebP Format = "WebP"
	PNM  Format = "PNM" // PBM, PGM, PPM
	PAM  Format = "PAM"
)

// A codec is how a format is told, read, written and framed.
type codec struct {
	format  Format
	aliases []string // for ParseFormat, besides the name
	magic   []string // what a file begins with; '?' is any byte
	maxSide int      // the format's own limit, in pixels
	decode  func(data []byte, l Limits) (*Picture, error)
	encode  func(w io.Writer, p *Picture, o Options) error
	end     func(s *splitter) error // finds where it ends in a stream
}

var codecs = []codec{
	{JPEG, []string{"jpg"}, []string{"\xff\xd8\xff"}, 65535, decodeJPEG, encodeJPEG, endOfJPEG},
	{PNG, nil, []string{pngMagic}, 1<<31 - 1, decodePNG, encodePNG, endOfPNG},
	{GIF, nil, []string{"GIF87a", "GIF89a"}, 65535, decodeGIF, encodeGIF, endOfGIF},
	{BMP, nil, []string{"BM"}, 1<<31 - 1, decodeBMP, encodeBMP, endOfBMP},
	{TIFF, []string{"tif"}, []string{"II*\x00", "MM\x00*"}, 1<<31 - 1, decodeTIFF, encodeTIFF, endOfTIFF},
	{WebP, nil, []string{"RIFF????WEBP"}, 16384, decodeWebP, encodeWebP, endOfWebP},
	{PNM, nil, []string{"P1", "P2", "P3", "P4", "P5", "P6"}, 1<<31 - 1, decodePNM, encodePNM, endOfPNM},
	{PAM, nil, []string{"P7\n"}, 1<<31 - 1, decodePNM, encodePAM, endOfPNM},
}

// ParseFormat tells the format that a user names, in any case: "png", "jpg".
func ParseFormat(name string) (Format, error) {
	var known []string
	for _, c := range codecs {
		for _, n := range append([]string{string(c.format)}, c.aliases...) {
			if strings.EqualFold(n, name) {
				return c.format, nil
			}
		}
		known = append(known, strings.ToLower(string(c.format)))
	}
	return "", fmt.Errorf("%q is no format that I know (%s)", name, strings.Join(known, ", "))
}

// sniff tells a format's codec by a file's first bytes. The reader that it
// returns gives the file from its beginning.
func sniff(r io.Reader) (codec, io.Reader, error) {
	head := make([]byte, 16)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return codec{}, nil, err
	}
	head = head[:n]
	for _, c := range codecs {
		for _, m := range c.magic {
			if matches(head, m) {
				return c, io.MultiReader(bytes.NewReader(head), r), nil
			}
		}
	}
	if n == 0 {
		return codec{}, nil, errEmpty
	}
	return codec{}, nil, errUnknown
}

var (
	errEmpty   = errors.New("empty, where an image should be")
	errUnknown = errors.New("not an image that I know (JPEG, PNG, GIF, BMP, TIFF, WebP, PNM)")
)

// errAnimated is better than a single frame.
var errAnimated = errors.New("it's animated, which only GIF is here")

func matches(head []byte, magic string) bool {
	if len(head) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != head[i] {
			return false
		}
	}
	return true
}

// Decode reads one image from r to its end. Errors don't say where r comes
// from.
func Decode(r io.Reader, l Limits) (*Picture, error) {
	c, r, err := sniff(r)
	if err != nil {
		return nil, err
	}
	return c.read(r, l)
}

// read decodes an image of c's format.
func (c codec) read(r io.Reader, l Limits) (*Picture, error) {
	data, err := readAll(r, c.format, l)
	if err != nil {
		return nil, err
	}
	p, err := c.decodeSafely(data, l)
	if err != nil {
		return nil, c.explain(err)
	}
	p.Format = c.format
	return p, nil
}

// readAll reads a file of a format to its end.
func readAll(r io.Reader, f Format, l Limits) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, l.memory()+1))
	if err == nil && int64(len(data)) > l.memory() {
		err = tooLong(f, l.memory())
	}
	return data, err
}

func tooLong(f Format, most int64) error {
	return beyond("%s of more than %d bytes (-max-memory)", f, most)
}

// decodeSafely turns a panic of a decoder, which a hostile file might bring
// about, into an error.
func (c codec) decodeSafely(data []byte, l Limits) (p *Picture, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			p, err = nil, fmt.Errorf("the decoder failed: %v", cause)
		}
	}()
	return c.decode(data, l)
}

// encodeSafely does the same for an encoder.
func (c codec) encodeSafely(w io.Writer, p *Picture, o Options) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the encoder failed: %v", cause)
		}
	}()
	return c.encode(w, p, o)
}

// explain names the format in an error of its decoder, once, and says
// "truncated" where the data ended too early.
func (c codec) explain(err error) error {
	for _, known := range []error{errLimit, pngrow.ErrCorrupt, pnm.ErrCorrupt, jpegdct.ErrCorrupt, jpegdct.ErrTruncated, jpegdct.ErrUnsupported} {
		if errors.Is(err, known) {
			return err
		}
	}
	text := err.Error()
	if strings.HasPrefix(text, "truncated ") {
		return err
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("truncated %s", c.format)
	}
	for _, end := range []string{"unexpected EOF", "short Huffman data", "not enough pixel data"} {
		if strings.Contains(text, end) {
			return fmt.Errorf("truncated %s", c.format)
		}
	}
	for _, prefix := range []string{"jpeg: ", "png: ", "gif: ", "bmp: ", "tiff: ", "webp: ", "vp8: ", "vp8l: ", "riff: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return fmt.Errorf("bad %s: %s", c.format, text)
}

// Encode writes p in the format that o or p says.
func Encode(w io.Writer, p *Picture, o Options) error {
	format := o.Format
	if format == "" {
		format = p.Format
	}
	for _, c := range codecs {
		if c.format != format {
			continue
		}
		for _, f := range p.Frames {
			if b := f.Image.Bounds(); b.Dx() > c.maxSide || b.Dy() > c.maxSide {
				return fmt.Errorf("%d x %d pixels don't fit into a %s, whose sides are at most %d", b.Dx(), b.Dy(), format, c.maxSide)
			}
		}
		if len(p.Frames) > 1 && format != GIF && format != TIFF {
			return fmt.Errorf("%d frames don't fit into a %s", len(p.Frames), format)
		}
		if format != p.Format || o.Upright || o.Strip {
			p.turnUpright()
		}
		for i, f := range p.Frames {
			if o.Strip {
				p.metaOf(i).strip()
			}
			switch f.Image.(type) {
			case *image.Gray, *image.Gray16, *GrayAlpha, *GrayAlpha16:
				p.metaOf(i).becomeGray() // also where a palette turned out to be gray
			default:
				p.metaOf(i).keepProfile("RGB ")
			}
		}
		return c.encodeSafely(w, p, o)
	}
	return fmt.Errorf("no format %q", format)
}
