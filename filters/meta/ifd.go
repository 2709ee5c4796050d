package meta

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// A Field is a field of an IFD (TIFF 6.0, section 2), with its values in
// big-endian order.
type Field struct {
	Tag, Type uint16
	Value     []byte  // all values
	Sub       []Field // of a field that points to another IFD: its fields; Value is nil
}

// ShortField returns a field of SHORTs.
func ShortField(tag uint16, values ...int) Field {
	return Field{Tag: tag, Type: TypeShort, Value: shorts(values...)}
}

// LongField returns a field of LONGs.
func LongField(tag uint16, values ...int) Field {
	return Field{Tag: tag, Type: TypeLong, Value: longs(values...)}
}

func shorts(values ...int) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	return b
}

func longs(values ...int) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	return b
}

// NewTIFF returns a big-endian TIFF structure with one IFD.
func NewTIFF(fields []Field) TIFF {
	const header = "MM\x00*\x00\x00\x00\x08"
	return append(TIFF(header), EncodeIFD(len(header), fields)...)
}

// EncodeIFD returns the bytes of an IFD with the given fields, for the given
// offset in a big-endian file: the entries, sorted by tag, and behind them the
// values that do not fit into an entry. There is no next IFD.
func EncodeIFD(offset int, fields []Field) []byte {
	fields = slices.Clone(fields)
	slices.SortStableFunc(fields, func(a, b Field) int { return int(a.Tag) - int(b.Tag) })
	out := shorts(len(fields))
	behind := offset + 2 + entrySize*len(fields) + 4
	var far []byte
	for _, f := range fields {
		out = append(out, shorts(int(f.Tag), int(f.Type))...)
		if f.Sub != nil {
			out = append(out, longs(1, behind+len(far))...)
			far = append(far, EncodeIFD(behind+len(far), f.Sub)...)
			continue
		}
		out = append(out, longs(len(f.Value)/typeSizes[f.Type])...)
		if len(f.Value) <= 4 {
			out = append(append(out, f.Value...), make([]byte, 4-len(f.Value))...)
			continue
		}
		out = append(out, longs(behind+len(far))...)
		far = append(far, f.Value...)
		if len(far)%2 == 1 {
			far = append(far, 0)
		}
	}
	return append(append(out, 0, 0, 0, 0), far...)
}

// SetNextIFD writes the offset of the next IFD into what EncodeIFD returned.
func SetNextIFD(ifd []byte, offset int) {
	link := 2 + entrySize*int(binary.BigEndian.Uint16(ifd))
	binary.BigEndian.PutUint32(ifd[link:], uint32(offset))
}

// A FieldReader reads the fields of a TIFF. Values and IFDs may overlap, so that
// a small file could say a lot: a FieldReader copies at most twice the length of
// the data, and reads at most maxFields fields.
type FieldReader struct {
	data TIFF
	room int // bytes that may still be copied
	left int // fields that may still be read
}

// maxFields is more than a file with thousands of pages needs.
const maxFields = 1 << 18

// NewFieldReader returns a FieldReader for all IFDs of t.
func NewFieldReader(t TIFF) *FieldReader { return &FieldReader{t, 2 * len(t), maxFields} }

// Fields reads the fields of an IFD, and of the Exif, GPS and Interoperability
// IFDs that it names. It leaves out fields whose values do not
// lie within the data, and all but the first field with a tag.
func (r *FieldReader) Fields(ifd int) []Field {
	const depth = 2 // IFD 0, the Exif IFD, the Interoperability IFD
	return r.fields(ifd, depth)
}

func (r *FieldReader) fields(ifd, depth int) (all []Field) {
	seen := map[uint16]bool{}
	for e := range r.data.Entries(ifd) {
		f := Field{Tag: e.Tag(), Type: e.Type()}
		if seen[f.Tag] || r.left == 0 || e.valueSize() == 0 || f.Type >= TypeLong8 { // EXIF has no integers of 64 bits
			continue
		}
		seen[f.Tag] = true
		r.left--
		switch f.Tag {
		case tagExifIFD, tagGPSIFD, tagInteropIFD:
			if depth > 0 {
				f.Type = TypeLong
				f.Sub = r.fields(e.Int(), depth-1)
			}
			if f.Sub == nil {
				continue
			}
		default:
			f.Value = bigEndian(r.values(e), f.Type, r.data.Order())
			if f.Value == nil {
				continue
			}
		}
		all = append(all, f)
	}
	return all
}

// values returns a copy of the bytes of an entry's values; nil if they do not lie
// within the data, or there is no more room for them.
func (r *FieldReader) values(e Entry) []byte {
	values, ok := r.data.Values(e)
	if r.room -= len(values); !ok || r.room < 0 {
		return nil
	}
	return bytes.Clone(values)
}

// bigEndian converts a field's values to big-endian order, in place.
func bigEndian(value []byte, fieldType uint16, order binary.ByteOrder) []byte {
	unit := typeSizes[fieldType]
	if fieldType == TypeRational || fieldType == TypeSRational {
		unit = 4
	}
	if order == binary.LittleEndian {
		for number := range slices.Chunk(value, unit) {
			slices.Reverse(number)
		}
	}
	return value
}
