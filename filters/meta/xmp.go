package meta

import (
	"bytes"
	"strconv"
)

// An XMP packet is XML (ISO 16684-1). It is changed as text, without an XML
// parser: a property is found by its usual qualified name, as an attribute or as
// an element.

// otherImages are the names, or the beginnings of the names, of properties that
// describe other images in the same file, which are not kept: thumbnails, gain
// maps, videos, and depth maps.
var otherImages = []string{
	"xmp:Thumbnails", "Container:Directory", "GContainer:Directory", "hdrgm:", "HDRGainMap:",
	"GCamera:MotionPhoto", "GCamera:MicroVideo", "GDepth:", "GImage:",
}

// hasExtendedXMP is the property by which a packet names its extension (Adobe XMP
// Specification Part 3, section 1.1.3.1).
const hasExtendedXMP = "xmpNote:HasExtendedXMP"

// SetXMP sets XMP from a packet, without the properties that describe other
// images in the file. XMP becomes nil if nothing is left. There is no extension.
func (m *Metadata) SetXMP(packet []byte) {
	m.XMP, m.ExtendedXMP = withoutProperties(ownXMP(packet), hasExtendedXMP), nil
	if len(m.XMP) == 0 {
		m.XMP = nil
	}
}

// SetExtendedXMP sets XMP and ExtendedXMP from a packet that names its extension, and
// from this extension, as SetXMP does. If nothing is left of one of them, there is no
// extension.
func (m *Metadata) SetExtendedXMP(packet, extension []byte) {
	main, rest := ownXMP(packet), ownXMP(extension)
	if len(main) == 0 || len(rest) == 0 {
		m.SetXMP(packet)
		return
	}
	m.XMP, m.ExtendedXMP = main, rest
}

// DropExtendedXMP drops the extension, which only a JPEG can carry.
func (m *Metadata) DropExtendedXMP() {
	if m.ExtendedXMP != nil {
		m.SetXMP(m.XMP)
	}
}

// ExtensionGUID returns the name that a packet gives to its extension; nil if it has
// none.
func ExtensionGUID(packet []byte) []byte {
	_, guid, _ := cutProperty(packet, hasExtendedXMP)
	return guid
}

// ownXMP returns a copy of a packet without the properties that describe other images.
func ownXMP(packet []byte) []byte {
	packet = bytes.Clone(packet)
	for _, name := range otherImages {
		packet = withoutProperties(packet, name)
	}
	return packet
}

// xmpWithSize returns a packet with the image's size, in pixels, replaced where
// the packet has it.
func xmpWithSize(packet []byte, w, h int) []byte {
	for _, name := range []string{"exif:PixelXDimension", "tiff:ImageWidth"} {
		packet = withProperty(packet, name, strconv.Itoa(w))
	}
	for _, name := range []string{"exif:PixelYDimension", "tiff:ImageLength"} {
		packet = withProperty(packet, name, strconv.Itoa(h))
	}
	return packet
}

// xmpUpright returns a packet with the orientation, if there is one, set to
// upright.
func xmpUpright(packet []byte) []byte { return withProperty(packet, "tiff:Orientation", "1") }

// withProperty replaces the value of a property; a packet without the property
// stays as it is.
func withProperty(packet []byte, name, value string) []byte {
	before, old, after := cutProperty(packet, name)
	if old == nil {
		return packet
	}
	return bytes.Join([][]byte{before, []byte(value), after}, nil)
}

// cutProperty returns what is before, in and after the value of a property; the value
// is nil if the packet does not have the property.
func cutProperty(packet []byte, name string) (before, value, after []byte) {
	for _, s := range []struct{ open, end string }{{name + `="`, `"`}, {name + `='`, `'`}, {"<" + name + ">", "</" + name + ">"}} {
		i := bytes.Index(packet, []byte(s.open))
		if i < 0 {
			continue
		}
		rest := packet[i+len(s.open):]
		if n := bytes.Index(rest, []byte(s.end)); n >= 0 {
			return packet[:i+len(s.open)], rest[:n:n], rest[n:]
		}
	}
	return nil, nil, nil
}

// withoutProperties drops the properties whose names begin with a prefix. It
// returns nil if one of these properties has no end.
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

// nameEnd returns the offset behind the name that begins at an offset.
func nameEnd(packet []byte, at int) int {
	for at < len(packet) && !bytes.ContainsRune([]byte(" \t\r\n=/>"), rune(packet[at])) {
		at++
	}
	return at
}

// attributeEnd returns the offset behind the attribute whose name begins at an
// offset; 0 if the attribute has no end.
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

// elementEnd returns the offset behind the element whose name begins at an
// offset; 0 if the element has no end.
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
