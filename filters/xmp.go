package filters

import (
	"bytes"
	"strconv"
)

// An XMP packet is XML (ISO 16684-1), and what is done to it here is done to its
// text: properties are found by the names that everybody gives them, as
// attributes or as elements.

// otherPictures are properties of pictures in the same file that don't go with
// this one: thumbnails, gain maps, films, depths, and a packet's second part.
var otherPictures = []string{
	"xmp:Thumbnails", "Container:Directory", "GContainer:Directory", "hdrgm:", "HDRGainMap:",
	"GCamera:MotionPhoto", "GCamera:MicroVideo", "GDepth:", "GImage:", "xmpNote:HasExtendedXMP",
}

// setXMP takes a packet over, without what belongs to other pictures.
func (m *Metadata) setXMP(packet []byte) {
	m.XMP = bytes.Clone(packet)
	for _, name := range otherPictures {
		m.XMP = withoutProperties(m.XMP, name)
	}
	if len(m.XMP) == 0 {
		m.XMP = nil
	}
}

// xmpWithSize is a packet with the pixels' number updated where it gives any.
func xmpWithSize(packet []byte, w, h int) []byte {
	for _, name := range []string{"exif:PixelXDimension", "tiff:ImageWidth"} {
		packet = withProperty(packet, name, strconv.Itoa(w))
	}
	for _, name := range []string{"exif:PixelYDimension", "tiff:ImageLength"} {
		packet = withProperty(packet, name, strconv.Itoa(h))
	}
	return packet
}

// xmpUpright is a packet that says upright where it says how to turn.
func xmpUpright(packet []byte) []byte { return withProperty(packet, "tiff:Orientation", "1") }

// withProperty gives a property that is there another value.
func withProperty(packet []byte, name, value string) []byte {
	for _, s := range []struct{ open, end string }{{name + `="`, `"`}, {name + `='`, `'`}, {"<" + name + ">", "</" + name + ">"}} {
		before, rest, found := bytes.Cut(packet, []byte(s.open))
		if i := bytes.Index(rest, []byte(s.end)); found && i >= 0 {
			return bytes.Join([][]byte{before, []byte(s.open), []byte(value), rest[i:]}, nil)
		}
	}
	return packet
}

// withoutProperties drops the properties whose names begin with a prefix; nil
// if one of them has no end.
func withoutProperties(packet []byte, prefix string) []byte {
	out, at := make([]byte, 0, len(packet)), 1
	for {
		i := bytes.Index(packet[min(at, len(packet)):], []byte(prefix))
		if i < 0 {
			return append(out, packet...)
		}
		at += i
		end := at + len(prefix)
		switch packet[at-1] {
		case ' ', '\t', '\n', '\r':
			end = attributeEnd(packet, at)
		case '<':
			end = elementEnd(packet, at)
		default: // text
			at = end
			continue
		}
		if end == 0 {
			return nil
		}
		out, packet, at = append(out, packet[:at-1]...), packet[end:], 1
	}
}

// nameEnd is behind the name that begins at an offset.
func nameEnd(packet []byte, at int) int {
	for at < len(packet) && !bytes.ContainsRune([]byte(" \t\r\n=/>"), rune(packet[at])) {
		at++
	}
	return at
}

// attributeEnd is behind the attribute whose name begins at an offset; 0 if it
// has no end.
func attributeEnd(packet []byte, at int) int {
	i := nameEnd(packet, at)
	if i+2 > len(packet) || packet[i] != '=' || packet[i+1] != '"' && packet[i+1] != '\'' {
		return 0
	}
	n := bytes.IndexByte(packet[i+2:], packet[i+1])
	if n < 0 {
		return 0
	}
	return i + 2 + n + 1
}

// elementEnd is behind the element whose name begins at an offset; 0 if it has
// no end.
func elementEnd(packet []byte, at int) int {
	name := packet[at:nameEnd(packet, at)]
	n := bytes.IndexByte(packet[at:], '>')
	if n < 1 {
		return 0
	}
	if packet[at+n-1] == '/' {
		return at + n + 1
	}
	closing := append(append([]byte("</"), name...), '>')
	if n = bytes.Index(packet[at:], closing); n < 0 {
		return 0
	}
	return at + n + len(closing)
}
