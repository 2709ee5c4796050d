package filters

import (
	"encoding/binary"
	"slices"
)

// A field is an entry of a TIFF directory (TIFF 6.0, section 2), big-endian.
type field struct {
	tag, kind uint16
	value     []byte  // all of it; its length is a multiple of what kind says
	sub       []field // the directory that a field like tagExifIFD points to; value is nil
}

// kindSizes are the bytes of one value by the type of a field.
var kindSizes = [...]int{
	1: 1, 2: 1, typeShort: 2, typeLong: 4, typeRational: 8, 6: 1, typeUndefined: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
}

func shorts(v ...int) (b []byte) {
	for _, n := range v {
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	}
	return b
}

func longs(v ...int) (b []byte) {
	for _, n := range v {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return b
}

// directory is one of the given fields, for the place at in a big-endian file:
// sorted, as it has to be, and with the values that don't fit into an entry
// behind it. Its link says that no other one follows.
func directory(at int, fields []field) []byte {
	fields = slices.Clone(fields)
	slices.SortStableFunc(fields, func(a, b field) int { return int(a.tag) - int(b.tag) })
	out := shorts(len(fields))
	behind := at + 2 + 12*len(fields) + 4
	var far []byte
	for _, f := range fields {
		out = append(out, shorts(int(f.tag), int(f.kind))...)
		if f.sub != nil {
			out = append(out, longs(1, behind+len(far))...)
			far = append(far, directory(behind+len(far), f.sub)...)
			continue
		}
		out = append(out, longs(len(f.value)/kindSizes[f.kind])...)
		if len(f.value) <= 4 {
			out = append(append(out, f.value...), make([]byte, 4-len(f.value))...)
			continue
		}
		out = append(out, longs(behind+len(far))...)
		far = append(far, f.value...)
		if len(far)%2 == 1 {
			far = append(far, 0)
		}
	}
	return append(append(out, 0, 0, 0, 0), far...)
}

// nextLink is where in a directory the offset of the next one is.
func nextLink(directory []byte) int { return 2 + 12*int(binary.BigEndian.Uint16(directory)) }

// A fieldReader reads fields, and not much more of them than there is data:
// values and directories may overlap, so that a small file could say a lot.
type fieldReader struct {
	data tiffData
	room int // bytes that may still be copied
	left int // fields that may still be read
}

// maxFields are more than thousands of pages have.
const maxFields = 1 << 18

func newFieldReader(t tiffData) fieldReader { return fieldReader{t, 2 * len(t), maxFields} }

// fields reads the directory at an offset; what doesn't lie within the data is
// left out, and so is a tag that was there before. Directories within it are read
// to a depth.
func (r *fieldReader) fields(offset, depth int) (all []field) {
	order := r.data.order()
	seen := map[uint16]bool{}
	r.data.entries(offset, func(entry []byte) {
		f := field{tag: order.Uint16(entry), kind: order.Uint16(entry[2:])}
		if seen[f.tag] || r.left == 0 || int(f.kind) >= len(kindSizes) || kindSizes[f.kind] == 0 {
			return
		}
		seen[f.tag] = true
		r.left--
		switch f.tag {
		case tagExifIFD, tagGPSIFD, tagInteropIFD:
			if depth > 0 {
				f.kind = typeLong
				f.sub = r.fields(int(order.Uint32(entry[8:])), depth-1)
			}
			if f.sub == nil {
				return
			}
		default:
			n := int(order.Uint32(entry[4:])) * kindSizes[f.kind]
			value := entry[8:12]
			if n > 4 {
				at := int(order.Uint32(entry[8:]))
				if at+n > len(r.data) {
					return
				}
				value = r.data[at:]
			}
			if r.room -= n; r.room < 0 {
				return
			}
			f.value = bigEndian(value[:n], f.kind, order)
		}
		all = append(all, f)
	})
	return all
}

// bigEndian is a value with the bytes of each number in that order.
func bigEndian(value []byte, kind uint16, order binary.ByteOrder) []byte {
	value = slices.Clone(value)
	unit := kindSizes[kind]
	if kind == typeRational || kind == 10 { // two LONGs each
		unit = 4
	}
	if order == binary.LittleEndian {
		for number := range slices.Chunk(value, unit) {
			slices.Reverse(number)
		}
	}
	return value
}

// describes tells whether a field of a TIFF's first directory says something of
// the picture that stays true, and that an EXIF block may have too.
func (f field) describes() bool {
	switch f.tag {
	case 269, 270, 271, 272, // document's name, image's description, make, model
		285, 297, // page's name, number
		305, 306, 315, 316, // software, date and time, artist, host computer
		18246, 33432, // rating, copyright
		40091, 40092, 40093, 40094, 40095, // Windows' title, comment, author, keywords, subject
		tagExifIFD, tagGPSIFD:
		return true
	}
	return false
}

// isResolution is about fields that Density has.
func (f field) isResolution() bool {
	return f.tag == tagXResolution || f.tag == tagYResolution || f.tag == tagResolutionUnit
}

// directoryAt reads the fields of the directory at an offset.
func (t tiffData) directoryAt(offset int) []field {
	r := newFieldReader(t)
	return r.fields(offset, 2)
}

// exif is a block of what describes the picture in the directory of a TIFF at an
// offset; nil if nothing does.
func (r *fieldReader) exif(offset int) tiffData {
	all := r.fields(offset, 2)
	if !slices.ContainsFunc(all, field.describes) {
		return nil
	}
	return newEXIF(slices.DeleteFunc(all, func(f field) bool { return !f.describes() && !f.isResolution() }))
}

func newEXIF(fields []field) tiffData {
	const header = "MM\x00*\x00\x00\x00\x08"
	return append(tiffData(header), directory(len(header), fields)...)
}

// bytes is a value of bytes; nil if they aren't all there.
func (r *fieldReader) bytes(entry []byte) []byte {
	order := r.data.order()
	n, at := int(order.Uint32(entry[4:])), int(order.Uint32(entry[8:]))
	if r.room -= n; n <= 4 || at+n > len(r.data) || r.room < 0 {
		return nil
	}
	return slices.Clone(r.data[at : at+n])
}
