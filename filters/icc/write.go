package icc

import (
	"encoding/binary"
	"unicode/utf16"
)

// A tag is a tag of a profile: its name and its data.
type tag struct {
	name string
	data []byte
}

// writeProfile returns a profile of a display: of version 4.3, or 2.4.
func writeProfile(space Space, title string, isFourth bool, colour []tag) []byte {
	be := binary.BigEndian
	const terms = "CC0"
	white := []byte("XYZ \x00\x00\x00\x00\x00\x00\xf6\xd6\x00\x01\x00\x00\x00\x00\xd3\x2d")
	version, describe, copyright := "\x02\x40\x00\x00", textDescription(title), []byte("text\x00\x00\x00\x00"+terms+"\x00")
	if isFourth {
		version, describe, copyright = "\x04\x30\x00\x00", localised(title), localised(terms)
	}
	tags := append([]tag{{"desc", describe}, {"cprt", copyright}, {"wtpt", white}}, colour...)

	out := make([]byte, headerSize)
	copy(out[8:], version+"mntr"+string(space)+"XYZ ")
	copy(out[24:], "\x07\xea\x00\x01\x00\x01") // 1 January 2026: all profiles of a curve are equal
	copy(out[36:], "acsp")
	copy(out[68:], white[8:])
	out = be.AppendUint32(out, uint32(len(tags)))
	at := len(out) + entrySize*len(tags)
	for _, t := range tags {
		out = append(out, t.name...)
		out = be.AppendUint32(out, uint32(at))
		out = be.AppendUint32(out, uint32(len(t.data)))
		at += (len(t.data) + 3) &^ 3
	}
	for _, t := range tags {
		out = append(out, t.data...)
		out = append(out, make([]byte, -len(t.data)&3)...)
	}
	be.PutUint32(out, uint32(len(out)))
	return out
}

// textDescription returns a textDescriptionType (ICC.1:2001-04, section 6.5.17),
// with no text but that in ASCII.
func textDescription(s string) []byte {
	const others = 4 + 4 + 2 + 1 + 67 // Unicode's and the Macintosh's
	b := binary.BigEndian.AppendUint32([]byte("desc\x00\x00\x00\x00"), uint32(len(s)+1))
	return append(append(b, s...), make([]byte, 1+others)...)
}

// localised returns a multiLocalizedUnicodeType with one record (section 10.15).
func localised(s string) []byte {
	be := binary.BigEndian
	const header = 28
	letters := utf16.Encode([]rune(s))
	b := []byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS")
	b = be.AppendUint32(b, uint32(2*len(letters)))
	b = be.AppendUint32(b, header)
	for _, c := range letters {
		b = be.AppendUint16(b, c)
	}
	return b
}
