package filters

import (
	"encoding/binary"
	"slices"
)

// A tiffData is a TIFF structure (TIFF 6.0, section 2): a TIFF file, or an EXIF
// block as JPEG, PNG and WebP carry it (CIPA DC-008, section 4.5). Its methods
// change it in place and pass over what makes no sense.
type tiffData []byte

// The tags that this package reads or writes.
const (
	tagOrientation     = 0x0112 // in IFD 0
	tagExifIFD         = 0x8769 // in IFD 0: where the Exif IFD is
	tagGPSIFD          = 0x8825 // in IFD 0: where the GPS IFD is
	tagInteropIFD      = 0xa005 // in the Exif IFD
	tagPixelXDimension = 0xa002 // in the Exif IFD
	tagPixelYDimension = 0xa003
	tagSubjectArea     = 0x9214 // in the Exif IFD, in pixels, and so is
	tagSubjectLocation = 0xa214
)

// The types of a value that this package reads or writes.
const (
	typeByte      = 1
	typeShort     = 3 // 16 bits
	typeLong      = 4 // 32 bits
	typeRational  = 5 // two of 32 bits
	typeUndefined = 7 // bytes
)

// order is the byte order, nil if this is no TIFF structure.
func (t tiffData) order() binary.ByteOrder {
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

// ifd0 is the offset of the first directory.
func (t tiffData) ifd0() int { return int(t.order().Uint32(t[4:])) }

// entries calls f with each 12-byte entry of the directory at an offset, and
// returns the offset behind them, where the next directory's offset is; -1 if
// the directory doesn't lie within the block.
func (t tiffData) entries(offset int, f func(entry []byte)) int {
	if offset < 8 || offset+2 > len(t) {
		return -1
	}
	end := offset + 2 + 12*int(t.order().Uint16(t[offset:]))
	if end > len(t) {
		return -1
	}
	for i := offset + 2; i < end; i += 12 {
		f(t[i : i+12])
	}
	return end
}

// orientation is that of the first directory.
func (t tiffData) orientation() int {
	if t.order() == nil {
		return 1
	}
	return t.orientationAt(t.ifd0())
}

// orientationAt is 1 to 8: how the stored pixels have to be turned to be seen
// upright; 1 (not at all) where the directory doesn't say or says something else.
func (t tiffData) orientationAt(offset int) int {
	o, order := 1, t.order()
	t.entries(offset, func(entry []byte) {
		kind := order.Uint16(entry[2:])
		if order.Uint16(entry) == tagOrientation && order.Uint32(entry[4:]) == 1 && (kind == typeShort || kind == typeLong) {
			o = t.value(entry)
		}
	})
	if o < 1 || o > 8 {
		return 1
	}
	return o
}

func (t tiffData) setOrientation(o int) {
	if order := t.order(); order != nil {
		t.entries(t.ifd0(), func(entry []byte) {
			if order.Uint16(entry) == tagOrientation {
				t.setInt(entry, o)
			}
		})
	}
}

// setPixelSize updates the dimensions where the block gives any. Where the subject
// was is removed.
func (t tiffData) setPixelSize(w, h int) {
	order := t.order()
	if order == nil {
		return
	}
	exif := 0 // the first one: a directory can name many
	t.entries(t.ifd0(), func(entry []byte) {
		switch order.Uint16(entry) {
		case tagWidth:
			t.setInt(entry, w)
		case tagLength:
			t.setInt(entry, h)
		case tagExifIFD:
			if exif == 0 {
				exif = int(order.Uint32(entry[8:]))
			}
		}
	})
	t.entries(exif, func(entry []byte) {
		switch order.Uint16(entry) {
		case tagPixelXDimension:
			t.setInt(entry, w)
		case tagPixelYDimension:
			t.setInt(entry, h)
		}
	})
	t.remove(exif, tagSubjectArea, tagSubjectLocation)
}

// remove takes the entries with some tags out of the directory at an offset.
func (t tiffData) remove(offset int, tags ...uint16) {
	order := t.order()
	var kept []byte
	end := t.entries(offset, func(entry []byte) {
		if !slices.Contains(tags, order.Uint16(entry)) {
			kept = append(kept, entry...)
		}
	})
	if end < 0 || len(kept) == end-offset-2 {
		return
	}
	order.PutUint16(t[offset:], uint16(len(kept)/12))
	link := t[end:min(end+4, len(t))]
	rest := t[offset+2+copy(t[offset+2:], append(kept, link...)) : end+len(link)]
	clear(rest)
}

// setInt gives an entry with one SHORT or LONG a new value.
func (t tiffData) setInt(entry []byte, v int) {
	order := t.order()
	if order.Uint32(entry[4:]) != 1 {
		return
	}
	switch {
	case order.Uint16(entry[2:]) == typeLong:
		order.PutUint32(entry[8:], uint32(v))
	case order.Uint16(entry[2:]) == typeShort && v <= 0xffff:
		order.PutUint16(entry[8:], uint16(v))
	}
}

// withoutThumbnail unlinks the second directory, which describes a thumbnail of
// the old picture, blanks the thumbnail, and cuts it off where it's last in the
// block, as it nearly always is.
func (t tiffData) withoutThumbnail() tiffData {
	const jpegOffset, jpegLength = 0x0201, 0x0202
	order := t.order()
	if order == nil {
		return t
	}
	link := t.entries(t.ifd0(), func([]byte) {})
	if link < 0 || link+4 > len(t) {
		return t
	}
	ifd1 := int(order.Uint32(t[link:]))
	order.PutUint32(t[link:], 0)
	start, length := 0, 0
	if end := t.entries(ifd1, func(entry []byte) {
		switch order.Uint16(entry) {
		case jpegOffset:
			start = int(order.Uint32(entry[8:]))
		case jpegLength:
			length = int(order.Uint32(entry[8:]))
		}
	}); end < 0 || start < 8 || length <= 0 || start+length > len(t) {
		return t
	}
	clear(t[start : start+length])
	if start+length == len(t) {
		t = t[:start]
	}
	return t
}

// value is an entry's only, or first, SHORT or LONG.
func (t tiffData) value(entry []byte) int {
	if t.order().Uint16(entry[2:]) == typeLong {
		return int(t.order().Uint32(entry[8:]))
	}
	return int(t.order().Uint16(entry[8:]))
}

// density is what the directory at an offset says of it.
func (t tiffData) density(offset int) (d Density) {
	order := t.order()
	unit := 2
	t.entries(offset, func(entry []byte) {
		at := int(order.Uint32(entry[8:]))
		switch order.Uint16(entry) {
		case tagXResolution:
			d.X = t.rational(at)
		case tagYResolution:
			d.Y = t.rational(at)
		case tagResolutionUnit:
			unit = t.value(entry)
		}
	})
	if unit < 1 || unit > 3 || d.X == 0 || d.Y == 0 || unit == 1 && d.X == d.Y {
		return Density{}
	}
	d.Unit = byte(unit - 1) // TIFF counts 1 none, 2 inch, 3 cm; JFIF from 0
	return d
}

// rational is the RATIONAL at an offset; 0 if there is none in range.
func (t tiffData) rational(offset int) float64 {
	if offset+8 > len(t) {
		return 0
	}
	num, den := t.order().Uint32(t[offset:]), t.order().Uint32(t[offset+4:])
	if den == 0 || num/den > 0xffff {
		return 0
	}
	return float64(num) / float64(den)
}
