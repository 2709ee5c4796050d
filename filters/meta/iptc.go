package meta

import "encoding/binary"

// Image resources that are kept.
const (
	resourceIPTC       = 0x0404 // IPTC's captions and credits
	resourceIPTCDigest = 0x0425 // by which programs see whether IPTC and XMP still agree
)

// SetIPTC sets IPTC from a JPEG's image resources. Resources that are not about
// IPTC are dropped: thumbnails, paths, printing.
//
// A resource is "8BIM", an id of 2 bytes, a name with its length before it, a
// size of 4 bytes, and data; name and data are padded to an even length (Adobe
// Photoshop File Formats Specification, "Image Resource Blocks").
func (m *Metadata) SetIPTC(resources []byte) {
	m.IPTC = nil
	for data := resources; len(data) >= 12 && string(data[:4]) == "8BIM"; {
		id := binary.BigEndian.Uint16(data[4:])
		name := 1 + int(data[6])
		header := 6 + name + name%2 + 4
		if len(data) < header {
			return
		}
		n := int64(binary.BigEndian.Uint32(data[header-4:]))
		if n > int64(len(data)-header) {
			return
		}
		end := header + int(n)
		if id == resourceIPTC || id == resourceIPTCDigest {
			m.IPTC = append(m.IPTC, data[:end]...)
			if n%2 == 1 {
				m.IPTC = append(m.IPTC, 0)
			}
		}
		data = data[min(end+int(n%2), len(data)):]
	}
}
