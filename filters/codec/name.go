package codec

import (
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
	dot := filepath.Ext(name)
	switch other := formatOfExtension(dot); {
	case other == f:
		return name
	case other != "" && dot != filepath.Base(name):
		return strings.TrimSuffix(name, dot) + "." + usual
	}
	return name + "." + usual
}

// Variants returns what Rename makes of a name for each format.
func Variants(name string) (all []string) {
	for _, f := range formats {
		all = append(all, f.name.Rename(name))
	}
	return all
}

// HasExtension tells whether a file's name has an extension of any format.
func HasExtension(name string) bool { return formatOfExtension(filepath.Ext(name)) != "" }

// formatOfExtension returns the format that has an extension, which begins with a dot; ""
// if none has.
func formatOfExtension(dot string) Format {
	for _, f := range formats {
		if slices.Contains(f.endings, strings.ToLower(strings.TrimPrefix(dot, "."))) {
			return f.name
		}
	}
	return ""
}
