package codec

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// HeadSize is how many bytes of a file are enough for Recognise.
const HeadSize = 512

// Recognise tells the format of a file by its first bytes: HeadSize of them, or all
// if the file is shorter. It returns "" if they do not begin an image. Where the magic
// number is short enough for text to begin with it (BMP and PNM), the header behind it
// must be valid too.
func Recognise(head []byte) Format {
	for _, f := range formats {
		if !f.begins(head) {
			continue
		}
		if f.name == BMP || f.name == PNM {
			if sure, want := recognisers[head[0]](head); !sure && want == 0 {
				return ""
			}
		}
		return f.name
	}
	return ""
}

// Rename returns the name for a file of format f that shall be called name. It is the
// name itself if that has an extension of f. An extension of another format is
// replaced by the usual one of f. To a name with any other extension, or none, the usual
// one is appended.
func (f Format) Rename(name string) string {
	usual := lookUp(f).endings[0]
	switch {
	case formatOfEnding(ending(name)) == f:
		return name
	case !HasExtension(name):
		return name + "." + usual
	}
	return strings.TrimSuffix(name, filepath.Ext(name)) + "." + usual
}

// Variants returns what Rename makes of a name for each format.
func Variants(name string) (all []string) {
	for _, f := range formats {
		all = append(all, f.name.Rename(name))
	}
	return all
}

// FormatOfName returns the format that the extension of a file's name says, in upper or
// lower case; "" if it is no picture's extension. It is an error if pictures of that format
// cannot be written.
func FormatOfName(name string) (Format, error) {
	ending := ending(name)
	if other := others[ending]; other != "" {
		return "", fmt.Errorf("%s: %s cannot be written (want %s)", name, other, orList(FormatNames()))
	}
	return formatOfEnding(ending), nil
}

// HasExtension tells whether a file's name has the extension of a picture, also of one
// that cannot be written.
func HasExtension(name string) bool {
	format, err := FormatOfName(name)
	return format != "" || err != nil
}

// ending returns the extension of a file's name in lower case, without its dot; "" if there
// is none. The name ".png" has none.
func ending(name string) string {
	dot := filepath.Ext(name)
	if dot == filepath.Base(name) {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(dot, "."))
}

// formatOfEnding returns the format that has an extension; "" if none has.
func formatOfEnding(ending string) Format {
	for _, f := range formats {
		if slices.Contains(f.endings, ending) {
			return f.name
		}
	}
	return ""
}

// others are the extensions of pictures that cannot be written, with the names of their
// formats.
var others = map[string]string{
	"arw": "ARW", "avif": "AVIF", "avifs": "AVIF", "cr2": "CR2", "cr3": "CR3", "cur": "CUR", "dcm": "DICOM", "dds": "DDS",
	"dng": "DNG", "eps": "EPS", "exr": "OpenEXR", "fits": "FITS", "hdr": "HDR", "heic": "HEIC", "heif": "HEIF", "hif": "HEIF",
	"ico": "ICO", "j2c": "JPEG 2000", "j2k": "JPEG 2000", "jls": "JPEG-LS", "jng": "JNG", "jp2": "JPEG 2000", "jpc": "JPEG 2000",
	"jpf": "JPEG 2000", "jph": "JPEG 2000", "jpx": "JPEG 2000", "jxl": "JPEG XL", "jxr": "JPEG XR", "mng": "MNG", "nef": "NEF",
	"orf": "ORF", "pcx": "PCX", "pdf": "PDF", "pfm": "PFM", "ps": "PostScript", "psb": "PSB", "psd": "PSD", "qoi": "QOI",
	"raf": "RAF", "rw2": "RW2", "sgi": "SGI", "svg": "SVG", "svgz": "SVG", "tga": "TGA", "wdp": "JPEG XR", "xbm": "XBM",
	"xcf": "XCF", "xpm": "XPM",
}
