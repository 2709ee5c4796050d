package codec

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"imgpipe/filters/meta"
	"imgpipe/filters/pngrow"
)

// maxPNGMetadata bounds the metadata that are read from a file's chunks, in bytes,
// all together and unpacked.
const maxPNGMetadata = 16 << 20

// pngStored are a PNG's chunks of the types in keptChunks.
type pngStored []pngrow.Chunk

// keptChunks are the chunks that other formats have no place for. They are copied
// from PNG to PNG as they are.
var keptChunks = []string{"cHRM", "gAMA", "sRGB", "cICP", "mDCV", "cLLI", "tEXt", "zTXt", "iTXt"}

// keywordXMP is the keyword of an iTXt chunk with XMP (section 11.3.3.4).
const keywordXMP = "XML:com.adobe.xmp"

// pngMetadata reads the metadata in a file's chunks. Chunks of the types in
// keptChunks that hold no metadata known here are kept as they are.
func pngMetadata(chunks []pngrow.Chunk) (m meta.Metadata, kept pngStored) {
	u := unpacker{room: maxPNGMetadata}
	for _, c := range chunks {
		switch {
		case c.Type == "eXIf" && m.EXIF == nil:
			if u.reserve(len(c.Data)) {
				setEXIF(&m, c.Data)
			}
		case c.Type == "iCCP" && m.ICC == nil:
			m.ICC = u.profile(c.Data)
		case c.Type == "pHYs" && len(c.Data) == 9:
			m.Resolution = meta.ResolutionOfPNG(binary.BigEndian.Uint32(c.Data), binary.BigEndian.Uint32(c.Data[4:]), c.Data[8])
		case slices.Contains(keptChunks, c.Type) && !textMetadata(&m, c, &u):
			kept = append(kept, c)
		}
	}
	m.UseEXIFResolution()
	return m, kept
}

// textMetadata reads a text chunk with metadata that other formats have too. It
// returns false for any other chunk.
func textMetadata(m *meta.Metadata, c pngrow.Chunk, u *unpacker) bool {
	keyword, _, _ := bytes.Cut(c.Data, []byte{0})
	switch k := string(keyword); {
	case k == keywordXMP:
		if m.XMP == nil {
			m.SetXMP(u.text(c))
		}
		return true
	case strings.EqualFold(k, "Comment"):
		if text := u.text(c); len(text) > 0 {
			m.Comments = append(m.Comments, text)
		}
		return true
	case k == "Raw profile type exif" || k == "Raw profile type APP1":
		// ImageMagick's way before there was eXIf.
		if m.EXIF == nil {
			setEXIF(m, rawProfile(u.text(c)))
		}
		return true
	}
	return false
}

// An unpacker gives what chunks hold, up to a number of bytes for all of them:
// each may be a decompression bomb.
type unpacker struct{ room int }

// reserve takes n bytes of the room. It returns false if there is too little.
func (u *unpacker) reserve(n int) bool {
	if n > u.room {
		return false
	}
	u.room -= n
	return true
}

// text returns the text of a tEXt, zTXt or iTXt chunk (sections 11.3.3.2 to 4) in
// UTF-8; nil if the chunk is not valid.
func (u *unpacker) text(c pngrow.Chunk) []byte {
	_, body, ok := bytes.Cut(c.Data, []byte{0})
	switch {
	case !ok || !u.reserve(len(body)):
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

// rawProfile returns the profile that is written in hexadecimal digits behind its
// name and length; nil if the digits are not valid.
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

// profile unpacks the profile in an iCCP chunk (section 11.3.2.3): a name, a zero,
// the method (zero), zlib data.
func (u *unpacker) profile(body []byte) []byte {
	_, packed, ok := bytes.Cut(body, []byte{0})
	if !ok || len(packed) < 2 {
		return nil
	}
	return u.unpack(packed[1:])
}

// unpack returns what zlib data hold; nil if they are broken, or hold more than
// there is room for.
func (u *unpacker) unpack(packed []byte) []byte {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(z, int64(u.room)+1))
	if !u.reserve(len(data)) {
		u.room = 0
		return nil
	}
	if err != nil {
		return nil
	}
	return data
}

// pngChunks returns the chunks that say what is in m.
func pngChunks(m *meta.Metadata) []pngrow.Chunk {
	var all []pngrow.Chunk
	add := func(kind string, parts ...[]byte) {
		all = append(all, pngrow.Chunk{Type: kind, Data: bytes.Join(parts, nil)})
	}
	if len(m.ICC) > 0 {
		var packed bytes.Buffer
		z := zlib.NewWriter(&packed)
		z.Write(m.ICC) // to memory: it cannot fail
		z.Close()
		add("iCCP", []byte("icc\x00\x00"), packed.Bytes())
	}
	if m.Resolution.X > 0 && m.Resolution.Y > 0 {
		x, y, unit := m.Resolution.PNG()
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
		text = bytes.ReplaceAll(text, []byte{0}, nil) // no text chunk can hold a zero
		if utf8.Valid(text) && len(text) != utf8.RuneCount(text) {
			add("iTXt", []byte("Comment\x00\x00\x00\x00\x00"), text)
		} else {
			add("tEXt", []byte("Comment\x00"), text)
		}
	}
	return all
}
