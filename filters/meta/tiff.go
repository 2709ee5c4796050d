package meta

import (
	"encoding/binary"
	"iter"
)

// A TIFF is a TIFF structure (TIFF 6.0, section 2): a TIFF file, or an EXIF
// block as JPEG, PNG and WebP carry it (CIPA DC-008, section 4.5). An image file
// directory (IFD) is named by its offset.
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
	TypeUndefined = 7 // bytes
)

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
	return nil
}

// FirstIFD returns the offset of IFD 0.
func (t TIFF) FirstIFD() int { return int(t.Order().Uint32(t[4:])) }

// end returns the offset behind the entries of an IFD; -1 if the IFD does not
// lie within t.
func (t TIFF) end(ifd int) int {
	if ifd < 8 || ifd+2 > len(t) {
		return -1
	}
	end := ifd + 2 + entrySize*int(t.Order().Uint16(t[ifd:]))
	if end > len(t) {
		return -1
	}
	return end
}

// NextIFD returns where the offset of the IFD that follows another one is
// written, which is behind its entries; ok is false if that is not within t.
func (t TIFF) NextIFD(ifd int) (link int, ok bool) {
	link = t.end(ifd)
	return link, link >= 0 && link+4 <= len(t)
}

// Entries iterates over the entries of an IFD. Of an IFD that is cut off by the end
// of t, these are the entries that lie within t.
func (t TIFF) Entries(ifd int) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		if ifd < 8 || ifd+2 > len(t) {
			return
		}
		order := t.Order()
		end := min(ifd+2+entrySize*int(order.Uint16(t[ifd:])), len(t))
		for i := ifd + 2; i+entrySize <= end; i += entrySize {
			if !yield(Entry{t[i : i+entrySize], order}) {
				return
			}
		}
	}
}

const entrySize = 12 // bytes

// An Entry is one entry of an IFD. It lies in the memory of its TIFF.
type Entry struct {
	raw   []byte
	order binary.ByteOrder
}

// Raw returns the 12 bytes of the entry: tag, type, count, and the values or
// their offset.
func (e Entry) Raw() []byte { return e.raw }

// Tag returns the field's tag.
func (e Entry) Tag() uint16 { return e.order.Uint16(e.raw) }

// Type returns the type of the field's values.
func (e Entry) Type() uint16 { return e.order.Uint16(e.raw[2:]) }

// Count returns the number of the field's values.
func (e Entry) Count() int { return int(e.order.Uint32(e.raw[4:])) }

// Offset returns where the field's values are, if they take more than four
// bytes.
func (e Entry) Offset() int { return int(e.order.Uint32(e.raw[8:])) }

// Int returns the field's first value, a SHORT or a LONG that stands in the
// entry itself.
func (e Entry) Int() int {
	if e.Type() == TypeLong {
		return int(e.order.Uint32(e.raw[8:]))
	}
	return int(e.order.Uint16(e.raw[8:]))
}

// SetInt replaces the value of a field with one SHORT or LONG. A value that does
// not fit changes nothing.
func (e Entry) SetInt(v int) {
	switch {
	case e.Count() != 1:
	case e.Type() == TypeLong:
		e.order.PutUint32(e.raw[8:], uint32(v))
	case e.Type() == TypeShort && v <= 0xffff:
		e.order.PutUint16(e.raw[8:], uint16(v))
	}
}
