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
	if other := otherOfEnding(ending); other != "" {
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

// otherOfEnding returns the name of the format that has an extension and cannot be written;
// "" if there is none.
func otherOfEnding(ending string) string {
	for _, o := range others {
		if slices.Contains(o.endings, ending) {
			return o.name
		}
	}
	return ""
}

// others are the formats of pictures that cannot be written, with their extensions.
var others = []struct {
	name    string
	endings []string
}{
	{"ARW", []string{"arw"}}, {"AVIF", []string{"avif", "avifs"}}, {"CR2", []string{"cr2"}},
	{"CR3", []string{"cr3"}}, {"CUR", []string{"cur"}}, {"DICOM", []string{"dcm"}},
	{"DDS", []string{"dds"}}, {"DNG", []string{"dng"}}, {"EPS", []string{"eps"}},
	{"OpenEXR", []string{"exr"}}, {"FITS", []string{"fits"}}, {"HDR", []string{"hdr"}},
	{"HEIC", []string{"heic"}}, {"HEIF", []string{"heif", "hif"}}, {"ICO", []string{"ico"}},
	{"JPEG 2000", []string{"j2c", "j2k", "jp2", "jpc", "jpf", "jph", "jpx"}}, {"JPEG-LS", []string{"jls"}},
	{"JNG", []string{"jng"}}, {"JPEG XL", []string{"jxl"}}, {"JPEG XR", []string{"jxr", "wdp"}},
	{"MNG", []string{"mng"}}, {"NEF", []string{"nef"}}, {"ORF", []string{"orf"}}, {"PCX", []string{"pcx"}},
	{"PDF", []string{"pdf"}}, {"PFM", []string{"pfm"}}, {"PostScript", []string{"ps"}},
	{"PSB", []string{"psb"}}, {"PSD", []string{"psd"}}, {"QOI", []string{"qoi"}}, {"RAF", []string{"raf"}},
	{"RW2", []string{"rw2"}}, {"SGI", []string{"sgi"}}, {"SVG", []string{"svg", "svgz"}},
	{"TGA", []string{"tga"}}, {"XBM", []string{"xbm"}}, {"XCF", []string{"xcf"}}, {"XPM", []string{"xpm"}},
}
