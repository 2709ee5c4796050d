package meta

import (
	"encoding/binary"
	"iter"
)

// A TIFF is a TIFF structure (TIFF 6.0, section 2): a TIFF file, or an EXIF
// block as JPEG, PNG and WebP carry it (CIPA DC-008, section 4.5). An image file
// directory (IFD) is named by its offset. A TIFF file may be a BigTIFF, in which
// counts and offsets have 64 bits.
type TIFF []byte

// Tags of IFDs that more than one package uses.
const (
	TagImageWidth  = 256
	TagImageLength = 257
)

// Tags that this package reads or writes.
const (
	tagOrientation     = 0x0112 // in IFD 0, as the next ones
	tagXResolution     = 0x011a
	tagYResolution     = 0x011b
	tagResolutionUnit  = 0x0128
	tagXMP             = 0x02bc
	tagICC             = 0x8773
	tagExifIFD         = 0x8769 // the offset of the Exif IFD
	tagGPSIFD          = 0x8825 // the offset of the GPS IFD
	tagInteropIFD      = 0xa005 // in the Exif IFD, as the next ones
	tagPixelXDimension = 0xa002
	tagPixelYDimension = 0xa003
	tagSubjectArea     = 0x9214 // in pixels
	tagSubjectLocation = 0xa214 // in pixels
)

// Types of an IFD field's values (TIFF 6.0, section 2).
const (
	TypeByte      = 1
	TypeASCII     = 2
	TypeShort     = 3 // 16 bits
	TypeLong      = 4 // 32 bits
	TypeRational  = 5 // two LONGs
	TypeSByte     = 6
	TypeUndefined = 7 // bytes
	TypeSShort    = 8
	TypeSLong     = 9
	TypeSRational = 10 // two SLONGs
	TypeFloat     = 11 // 32 bits
	TypeDouble    = 12 // 64 bits
	TypeIFD       = 13 // a LONG, the offset of an IFD
	TypeLong8     = 16 // 64 bits, as the next ones; of BigTIFF
	TypeSLong8    = 17
	TypeIFD8      = 18
)

// typeSizes are the bytes of one value, by the type of a field; 0 for unknown
// types.
var typeSizes = [...]int{
	TypeByte: 1, TypeASCII: 1, TypeShort: 2, TypeLong: 4, TypeRational: 8, TypeSByte: 1, TypeUndefined: 1, TypeSShort: 2,
	TypeSLong: 4, TypeSRational: 8, TypeFloat: 4, TypeDouble: 8, TypeIFD: 4, TypeLong8: 8, TypeSLong8: 8, TypeIFD8: 8,
}

// Order returns the byte order; nil if t is no TIFF structure.
func (t TIFF) Order() binary.ByteOrder {
	if len(t) < 8 {
		return nil
	}
	switch string(t[:4]) {
	case "II*\x00":
		return binary.LittleEndian
	case "MM\x00*":
		return binary.BigEndian
	}
	if len(t) < 16 {
		return nil
	}
	switch string(t[:8]) {
	case "II+\x00\x08\x00\x00\x00":
		return binary.LittleEndian
	case "MM\x00+\x00\x08\x00\x00":
		return binary.BigEndian
	}
	return nil
}

// IsBig tells whether t, which has an Order, is a BigTIFF.
func (t TIFF) IsBig() bool { return t[2] == '+' || t[3] == '+' }

// sizes returns the bytes of an IFD's count of entries, of an entry, and of an
// offset.
func (t TIFF) sizes() (count, entry, offset int) {
	if t.IsBig() {
		return 8, bigEntrySize, 8
	}
	return 2, entrySize, 4
}

// maxInt bounds what numbers of 64 bits are read as. It is far beyond any file, and
// can be multiplied by the size of a value.
const maxInt = 1 << 48

// number reads an offset or a count of 2, 4 or 8 bytes.
func number(order binary.ByteOrder, b []byte) int {
	switch len(b) {
	case 2:
		return int(order.Uint16(b))
	case 4:
		return int(order.Uint32(b))
	}
	return int(min(order.Uint64(b), maxInt))
}

// FirstIFD returns the offset of IFD 0.
func (t TIFF) FirstIFD() int {
	_, _, size := t.sizes()
	return number(t.Order(), t[size:2*size]) // behind 4 bytes, or 8 of a BigTIFF
}

// entries returns where the entries of an IFD begin, and where they end; the end may
// lie behind t. Both are 0 if the IFD does not begin within t.
func (t TIFF) entries(ifd int) (start, end int) {
	count, entry, _ := t.sizes()
	if ifd < 8 || ifd+count > len(t) {
		return 0, 0
	}
	start = ifd + count
	return start, start + entry*number(t.Order(), t[ifd:start])
}

// end returns the offset behind the entries of an IFD; -1 if the IFD does not
// lie within t.
func (t TIFF) end(ifd int) int {
	start, end := t.entries(ifd)
	if start == 0 || end > len(t) {
		return -1
	}
	return end
}

// NextIFD returns the offset of the IFD that follows another one; 0 if there is
// none, or if t ends before it says so. It returns false if t ends before the entries of
// the other one do.
func (t TIFF) NextIFD(ifd int) (next int, ok bool) {
	if link := t.link(ifd); link != nil {
		return number(t.Order(), link), true
	}
	return 0, t.end(ifd) >= 0
}

// link returns the bytes of the offset of the next IFD, which are behind the entries
// of an IFD; nil if they are not within t.
func (t TIFF) link(ifd int) []byte {
	_, _, size := t.sizes()
	at := t.end(ifd)
	if at < 0 || at+size > len(t) {
		return nil
	}
	return t[at : at+size]
}

// Entries iterates over the entries of an IFD. Of an IFD that is cut off by the end
// of t, these are the entries that lie within t.
func (t TIFF) Entries(ifd int) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		_, size, _ := t.sizes()
		order := t.Order()
		start, end := t.entries(ifd)
		for i := start; i+size <= min(end, len(t)); i += size {
			if !yield(Entry{t[i : i+size], order}) {
				return
			}
		}
	}
}

// Values returns the bytes of all values of an entry of t, in the byte order of t.
// They lie in the memory of t: in the entry where they fit into it, and else where
// the entry says. There are none if the type is unknown. Values returns false if they
// do not lie within t.
func (t TIFF) Values(e Entry) (values []byte, ok bool) {
	n := e.Count() * e.valueSize()
	if field := e.field(); n <= len(field) {
		return field[:n], true
	}
	if at := e.Offset(); at+n <= len(t) {
		return t[at : at+n], true
	}
	return nil, false
}

// The bytes of an entry: tag, type, count, and the values or their offset.
const (
	entrySize    = 12
	bigEntrySize = 20
)

// An Entry is one entry of an IFD. It lies in the memory of its TIFF.
type Entry struct {
	raw   []byte
	order binary.ByteOrder
}

// field returns the 4 bytes, or 8 of a BigTIFF, that hold the values or their offset.
func (e Entry) field() []byte {
	if len(e.raw) == bigEntrySize {
		return e.raw[12:]
	}
	return e.raw[8:]
}

// valueSize returns the bytes of one value; 0 if the type is unknown.
func (e Entry) valueSize() int {
	if t := int(e.Type()); t < len(typeSizes) {
		return typeSizes[t]
	}
	return 0
}

// Tag returns the field's tag.
func (e Entry) Tag() uint16 { return e.order.Uint16(e.raw) }

// Type returns the type of the field's values.
func (e Entry) Type() uint16 { return e.order.Uint16(e.raw[2:]) }

// Count returns the number of the field's values.
func (e Entry) Count() int {
	if len(e.raw) == bigEntrySize {
		return number(e.order, e.raw[4:12])
	}
	return number(e.order, e.raw[4:8])
}

// Offset returns where the field's values are, if they do not fit into the entry.
func (e Entry) Offset() int { return number(e.order, e.field()) }

// Int returns the field's first value, an unsigned integer that stands in the entry
// itself.
func (e Entry) Int() int {
	size := e.valueSize()
	if size != 4 && (size != 8 || size > len(e.field())) {
		size = 2
	}
	return number(e.order, e.field()[:size])
}

// SetInt replaces the value of a field with one SHORT or LONG. A value that does
// not fit changes nothing.
func (e Entry) SetInt(v int) {
	switch {
	case e.Count() != 1:
	case e.Type() == TypeLong:
		e.order.PutUint32(e.field(), uint32(v))
	case e.Type() == TypeShort && v <= 0xffff:
		e.order.PutUint16(e.field(), uint16(v))
	}
}
