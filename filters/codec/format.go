package codec

import (
	"fmt"
	"io"
	"strings"

	"imgpipe/filters/icc"
)

// A Format is a file format, by the name that its users write.
type Format string

// The formats that are read and written.
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

// formats is the table of formats. Each row stands in the file of its format.
var formats = [...]*format{&jpegFormat, &pngFormat, &gifFormat, &bmpFormat, &tiffFormat, &webpFormat, &pnmFormat, &pamFormat}

// A format is a row of the table: all that this package has to know of a format.
type format struct {
	name    Format
	aliases []string    // for ParseFormat
	endings []string    // of the names of files, in lower case, the usual one first
	magic   []string    // what a file begins with; '?' is any byte
	maxSide int         // the longest side that the format can say, in pixels
	frames  holding     // which pictures of several frames a file can hold
	spaces  []icc.Space // of the colour profiles that a file can hold

	decode func(data []byte, o DecodeOptions) (*Picture, error)
	encode func(w io.Writer, p *Picture, o EncodeOptions) error

	// end skips to the end of the image that begins at s. It returns errNoEnd if
	// the end cannot be found from where s stands, errNoImage if there is no image
	// after all, or the error of a method of s: io.EOF if the stream ends within the
	// image. It is nil if a file of the format does not tell where it ends.
	end func(s *Splitter) error

	// kind returns ErrTruncated, ErrCorrupt or ErrUnsupported for an error whose
	// text names the format, and nil for any other error. It is nil for formats
	// whose decoders make no such errors.
	kind func(err error) error
}

// A holding says which pictures of several frames a file can hold.
type holding int

const (
	oneFrame holding = iota
	animations
	animationsAndPages
)

// holdsFrames tells whether a file can hold a picture's frames.
func (f *format) holdsFrames(p *Picture) bool {
	return len(p.Frames) == 1 || f.frames == animationsAndPages || f.frames == animations && p.Format != TIFF
}

// anySide is the maxSide of formats that do not limit it themselves.
const anySide = 1<<31 - 1

// begins tells whether a file that begins with head has the format.
func (f *format) begins(head []byte) bool {
	for _, magic := range f.magic {
		if len(head) >= len(magic) && matches(head[:len(magic)], magic) {
			return true
		}
	}
	return false
}

// matches compares bytes with as many of a magic number.
func matches(head []byte, magic string) bool {
	for i, b := range head {
		if magic[i] != '?' && magic[i] != b {
			return false
		}
	}
	return true
}

// lookUp returns the format of a name; nil if there is none.
func lookUp(name Format) *format {
	for _, f := range formats {
		if f.name == name {
			return f
		}
	}
	return nil
}

// ParseFormat returns the format that a user names, in upper or lower case:
// "png", "jpg".
func ParseFormat(name string) (Format, error) {
	for _, f := range formats {
		for _, alias := range append([]string{string(f.name)}, f.aliases...) {
			if strings.EqualFold(alias, name) {
				return f.name, nil
			}
		}
	}
	return "", fmt.Errorf("unknown format %q (want %s)", name, orList(FormatNames()))
}

// FormatNames returns the names of all formats, in lower case.
func FormatNames() (names []string) {
	for _, f := range formats {
		names = append(names, strings.ToLower(string(f.name)))
	}
	return names
}

// orList joins words: "a, b or c".
func orList(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
