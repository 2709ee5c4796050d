package netpipe

import (
	"mime"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A mediaType says what an answer is.
type mediaType struct {
	name      string // as in Content-Type
	extension string // of a file, with its dot
}

// unknownType is that of an answer which is no picture. A browser shows no file of this
// type, also if it begins like a page: that could have a script.
var unknownType = mediaType{"application/octet-stream", ""}

// mediaTypes are the types of pictures, by their first bytes. '?' is any byte. A browser
// does nothing but show what has one of these types. SVG is none of them: it may have
// scripts.
var mediaTypes = []struct {
	magic string
	mediaType
}{
	{"\xff\xd8\xff", mediaType{"image/jpeg", ".jpg"}},
	{"\x89PNG\r\n\x1a\n", mediaType{"image/png", ".png"}},
	{"GIF87a", mediaType{"image/gif", ".gif"}},
	{"GIF89a", mediaType{"image/gif", ".gif"}},
	{"RIFF????WEBPVP8", mediaType{"image/webp", ".webp"}},
	{"BM????\x00\x00\x00\x00", mediaType{"image/bmp", ".bmp"}},
	{"II*\x00", mediaType{"image/tiff", ".tif"}},
	{"MM\x00*", mediaType{"image/tiff", ".tif"}},
	{"II+\x00\x08\x00\x00\x00", mediaType{"image/tiff", ".tif"}},
	{"MM\x00+\x00\x08\x00\x00", mediaType{"image/tiff", ".tif"}},
	{"????ftypavif", mediaType{"image/avif", ".avif"}},
	{"????ftypheic", mediaType{"image/heic", ".heic"}},
	{"\x00\x00\x00\x0cJXL \r\n\x87\n", mediaType{"image/jxl", ".jxl"}},
	{"\xff\n", mediaType{"image/jxl", ".jxl"}},
	{"\x00\x00\x01\x00", mediaType{"image/x-icon", ".ico"}},
}

// netpbmTypes are the types of netpbm's formats, by the digit behind "P".
var netpbmTypes = map[byte]mediaType{
	'1': {"image/x-portable-bitmap", ".pbm"}, '4': {"image/x-portable-bitmap", ".pbm"},
	'2': {"image/x-portable-graymap", ".pgm"}, '5': {"image/x-portable-graymap", ".pgm"},
	'3': {"image/x-portable-pixmap", ".ppm"}, '6': {"image/x-portable-pixmap", ".ppm"},
	'7': {"image/x-portable-arbitrarymap", ".pam"},
}

// netpbmStart is how a file of one of netpbm's formats begins. Text that begins with "P1"
// mostly goes on in another way.
var netpbmStart = regexp.MustCompile(`^P(?:[1-6]\s+[#\d]|7\n[#A-Z])`)

// mediaTypeOf tells the type of an answer by its first bytes.
func mediaTypeOf(start []byte) mediaType {
	for _, t := range mediaTypes {
		if beginsWith(start, t.magic) {
			return t.mediaType
		}
	}
	if netpbmStart.Match(start) {
		return netpbmTypes[start[1]]
	}
	return unknownType
}

func beginsWith(start []byte, magic string) bool {
	if len(start) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != start[i] {
			return false
		}
	}
	return true
}

// disposition returns the Content-Disposition (RFC 6266) of an answer: a file to save, with
// the name that the request gives its input and the extension of what the answer is. It is
// never shown as a page of this server.
func disposition(r *http.Request, t mediaType) string {
	name := inputName(r)
	switch {
	case name == "" && t == unknownType:
		return "attachment"
	case name == "":
		name = "image" + t.extension
	case t != unknownType:
		name = withExtension(name, t)
	}
	plain := strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || strings.ContainsRune(`"%\`, r) {
			return '_'
		}
		return r
	}, name)
	field := `attachment; filename="` + plain + `"`
	if plain != name {
		field += "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	}
	return field
}

// maxName is the length of the name of a file, in bytes, that most systems take.
const maxName = 200

// inputName returns the name of the input in the Content-Disposition of a request: no
// path, no hidden file, nothing but printable characters. It is "" if there is none.
func inputName(r *http.Request) string {
	field := r.Header.Get("Content-Disposition")
	if field == "" {
		return ""
	}
	_, params, err := mime.ParseMediaType(field)
	name := params["filename"]
	if err != nil || len(name) > maxName || !utf8.ValidString(name) {
		return ""
	}
	name = strings.TrimLeft(name[strings.LastIndexAny(name, `/\`)+1:], ". ")
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return ""
	}
	return name
}

// withExtension returns the name with the extension of t in place of that of another type.
func withExtension(name string, t mediaType) string {
	extension := path.Ext(name)
	switch other := typeOfExtension(strings.ToLower(extension)); {
	case other == t.name:
		return name
	case other != "":
		name = strings.TrimSuffix(name, extension)
	}
	return name + t.extension
}

// otherExtensions are extensions of pictures, besides the usual ones.
var otherExtensions = map[string]string{
	".jpeg": "image/jpeg", ".jpe": "image/jpeg", ".jfif": "image/jpeg", ".apng": "image/png", ".tiff": "image/tiff",
	".dib": "image/bmp", ".pnm": "image/x-portable-anymap", ".heif": "image/heic",
}

// typeOfExtension returns the media type of an extension in lower case; "" if it is none of
// pictures.
func typeOfExtension(extension string) string {
	for _, t := range mediaTypes {
		if t.extension == extension {
			return t.name
		}
	}
	for _, t := range netpbmTypes {
		if t.extension == extension {
			return t.name
		}
	}
	return otherExtensions[extension]
}
