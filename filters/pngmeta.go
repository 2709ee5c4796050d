package filters

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"imgpipe/filters/pngrow"
)

// maxTaken bounds what is taken over of a file's chunks, in bytes, all together
// and unpacked.
const maxTaken = 16 << 20

// keptChunks say of a PNG what other formats have no place for; they go from PNG
// to PNG as they are.
var keptChunks = []string{"cHRM", "gAMA", "sRGB", "cICP", "mDCV", "cLLI", "tEXt", "zTXt", "iTXt"}

// keywordXMP is that of an iTXt chunk (section 11.3.3.4 has the others').
const keywordXMP = "XML:com.adobe.xmp"

func pngMetadata(chunks []pngrow.Chunk) Metadata {
	var m Metadata
	u := unpacker{room: maxTaken}
	for _, c := range chunks {
		switch {
		case c.Type == "eXIf" && m.EXIF == nil:
			if u.take(len(c.Data)) {
				m.setEXIF(c.Data)
			}
		case c.Type == "iCCP" && m.ICC == nil:
			m.ICC = u.profile(c.Data)
		case c.Type == "pHYs" && len(c.Data) == 9:
			m.Density = densityFromMetre(binary.BigEndian.Uint32(c.Data), binary.BigEndian.Uint32(c.Data[4:]), c.Data[8])
		case slices.Contains(keptChunks, c.Type) && !m.takeText(c, &u):
			m.chunks = append(m.chunks, c)
		}
	}
	m.setDensity()
	return m
}

// takeText takes over what a chunk says that other formats can say too.
func (m *Metadata) takeText(c pngrow.Chunk, u *unpacker) bool {
	keyword, _, _ := bytes.Cut(c.Data, []byte{0})
	switch k := string(keyword); {
	case k == keywordXMP:
		if m.XMP == nil {
			m.setXMP(u.text(c))
		}
		return true
	case strings.EqualFold(k, "Comment"):
		if text := u.text(c); len(text) > 0 {
			m.Comments = append(m.Comments, text)
		}
		return true
	case k == "Raw profile type exif" || k == "Raw profile type APP1":
		// ImageMagick's way before there was eXIf.
		if block, ok := bytes.CutPrefix(rawProfile(u.text(c)), []byte(headEXIF)); ok && m.EXIF == nil {
			m.setEXIF(block)
		}
		return true
	}
	return false
}

// An unpacker gives what chunks hold, up to so many bytes: each may be a bomb.
type unpacker struct{ room int }

// take reports whether there is room for n bytes, and takes it.
func (u *unpacker) take(n int) bool {
	if n > u.room {
		return false
	}
	u.room -= n
	return true
}

// text is that of a tEXt, zTXt or iTXt chunk (sections 11.3.3.2 to 4), in UTF-8;
// nil if it makes no sense.
func (u *unpacker) text(c pngrow.Chunk) []byte {
	_, body, ok := bytes.Cut(c.Data, []byte{0})
	switch {
	case !ok || !u.take(len(body)):
		return nil
	case c.Type == "tEXt":
		return fromLatin1(body)
	case c.Type == "zTXt":
		if len(body) < 1 {
			return nil
		}
		return fromLatin1(u.unpack(body[1:]))
	}
	if len(body) < 2 {
		return nil
	}
	packed := body[0] == 1
	parts := bytes.SplitN(body[2:], []byte{0}, 3) // language, keyword in that language
	if len(parts) < 3 {
		return nil
	}
	if packed {
		return u.unpack(parts[2])
	}
	return parts[2]
}

func fromLatin1(text []byte) []byte {
	var b []byte
	for _, c := range text {
		b = utf8.AppendRune(b, rune(c))
	}
	return b
}

// rawProfile is the profile that is written in hexadecimal digits behind its
// name and length.
func rawProfile(text []byte) []byte {
	const space = " \t\r\n"
	for range 2 {
		text = bytes.TrimLeft(text, space)
		text = text[max(bytes.IndexAny(text, space), 0):]
	}
	digits := bytes.Map(func(r rune) rune {
		if strings.ContainsRune(space, r) {
			return -1
		}
		return r
	}, text)
	profile := make([]byte, hex.DecodedLen(len(digits)))
	if _, err := hex.Decode(profile, digits); err != nil {
		return nil
	}
	return profile
}

// profile unpacks an iCCP chunk (section 11.3.2.3): a name, a zero, the method
// (zero), zlib.
func (u *unpacker) profile(body []byte) []byte {
	_, packed, ok := bytes.Cut(body, []byte{0})
	if !ok || len(packed) < 2 {
		return nil
	}
	return u.unpack(packed[1:])
}

// unpack is what zlib data holds; nil if it's broken or too much.
func (u *unpacker) unpack(packed []byte) []byte {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(z, int64(u.room)+1))
	if !u.take(len(data)) {
		u.room = 0
		return nil
	}
	if err != nil {
		return nil
	}
	return data
}

func (m *Metadata) pngChunks() []pngrow.Chunk {
	all := slices.Clone(m.chunks)
	add := func(kind string, parts ...[]byte) {
		all = append(all, pngrow.Chunk{Type: kind, Data: bytes.Join(parts, nil)})
	}
	if len(m.ICC) > 0 {
		var packed bytes.Buffer
		z := zlib.NewWriter(&packed)
		z.Write(m.ICC) // into memory: it can't fail
		z.Close()
		add("iCCP", []byte("icc\x00\x00"), packed.Bytes())
	}
	if m.Density.X > 0 && m.Density.Y > 0 {
		x, y, unit := m.Density.metre()
		body := binary.BigEndian.AppendUint32(nil, x)
		add("pHYs", binary.BigEndian.AppendUint32(body, y), []byte{unit})
	}
	if m.EXIF != nil {
		add("eXIf", m.EXIF)
	}
	if len(m.XMP) > 0 {
		add("iTXt", []byte(keywordXMP+"\x00\x00\x00\x00\x00"), m.XMP)
	}
	for _, text := range m.Comments {
		text = bytes.ReplaceAll(text, []byte{0}, nil) // which neither chunk can hold
		if utf8.Valid(text) && len(text) != utf8.RuneCount(text) {
			add("iTXt", []byte("Comment\x00\x00\x00\x00\x00"), text)
		} else {
			add("tEXt", []byte("Comment\x00"), text)
		}
	}
	return all
}
