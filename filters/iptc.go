package filters

import "encoding/binary"

// headPhotoshop is what a JPEG's APP13 with image resources begins with.
const headPhotoshop = "Photoshop 3.0\x00"

// iptcResources are those image resources that have IPTC's captions and credits
// (0x0404), and the digest by which programs see whether they still agree with
// XMP (0x0425). The others go: thumbnails, paths, how it was printed.
//
// A resource is "8BIM", an id of 2 bytes, a name with its length before it, a
// size of 4 bytes, and data; name and data are padded to an even length (Adobe
// Photoshop File Formats Specification, "Image Resource Blocks").
func iptcResources(data []byte) (kept []byte) {
	for len(data) >= 12 && string(data[:4]) == "8BIM" {
		id := binary.BigEndian.Uint16(data[4:])
		name := 1 + int(data[6])
		size := 6 + name + name%2
		if len(data) < size+4 {
			break
		}
		n := int64(binary.BigEndian.Uint32(data[size:]))
		size += 4
		if n > int64(len(data)-size) {
			break
		}
		end := size + int(n)
		if id == 0x0404 || id == 0x0425 {
			kept = append(kept, data[:end]...)
			if n%2 == 1 {
				kept = append(kept, 0)
			}
		}
		data = data[min(end+int(n%2), len(data)):]
	}
	return kept
}
