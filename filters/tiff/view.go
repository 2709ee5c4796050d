package tiff

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"imgpipe/filters/meta"
)

// A view shows a file to x/image/tiff, which reads only the first page, so that
// it reads another one: the header names the IFD of that page, or an IFD that
// stands behind the end of the file.
type view struct {
	header [8]byte
	data   meta.TIFF // the file
	behind []byte
	ranOut bool // something behind the end was asked for
}

// newView returns the file with the given IFD as the first.
func newView(t meta.TIFF, ifd int) *view {
	v := &view{data: t}
	copy(v.header[:], t)
	t.Order().PutUint32(v.header[4:], uint32(ifd))
	return v
}

// ReadAt is what x/image/tiff reads by.
func (v *view) ReadAt(p []byte, offset int64) (n int, err error) {
	for n < len(p) {
		var from []byte
		switch at := offset + int64(n); {
		case at < int64(len(v.header)):
			from = v.header[at:]
		case at < int64(len(v.data)):
			from = v.data[at:]
		case at < int64(len(v.data)+len(v.behind)):
			from = v.behind[at-int64(len(v.data)):]
		default:
			v.ranOut = true
			return n, io.EOF
		}
		n += copy(p[n:], from)
	}
	return n, nil
}

// Read makes v an io.Reader. x/image/tiff does not call it where there is a
// ReadAt.
func (v *view) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// viewWith returns the file with a copy of an IFD as the first, in which some
// fields have other numbers. Part says which of n strips or tiles remain; nil
// means all.
func viewWith(t meta.TIFF, ifd int, numbers map[uint16]int, part func(n int) (first, count int)) *view {
	order := t.Order()
	var entries [][]byte
	for tag, number := range numbers {
		entries = append(entries, shortEntry(order, tag, number))
	}
	for e := range t.Entries(ifd) {
		entry := bytes.Clone(e.Raw())
		switch tag := e.Tag(); tag {
		case tagStripOffsets, tagStripByteCounts, tagTileOffsets, tagTileByteCounts:
			if part != nil {
				selectPart(t, entry, part)
			}
			entries = append(entries, entry)
		case tagExtraSamples:
			// Taken from numbers, or left out.
		default:
			if _, changed := numbers[tag]; !changed {
				entries = append(entries, entry)
			}
		}
	}
	slices.SortStableFunc(entries, func(a, b []byte) int { return int(order.Uint16(a)) - int(order.Uint16(b)) })

	padding := len(t) % 2 // an IFD begins at an even offset
	v := newView(t, len(t)+padding)
	v.behind = make([]byte, padding+2)
	order.PutUint16(v.behind[padding:], uint16(len(entries)))
	v.behind = append(append(v.behind, bytes.Join(entries, nil)...), 0, 0, 0, 0)
	return v
}

// shortEntry returns the bytes of an entry with one SHORT.
func shortEntry(order binary.ByteOrder, tag uint16, value int) []byte {
	entry := make([]byte, 12)
	order.PutUint16(entry, tag)
	order.PutUint16(entry[2:], meta.TypeShort)
	order.PutUint32(entry[4:], 1)
	order.PutUint16(entry[8:], uint16(value))
	return entry
}

// selectPart changes an entry with many offsets or lengths to one with a part of
// them.
func selectPart(t meta.TIFF, entry []byte, part func(n int) (first, count int)) {
	order := t.Order()
	size := 2
	if order.Uint16(entry[2:]) == meta.TypeLong {
		size = 4
	}
	n, at := int(order.Uint32(entry[4:])), int(order.Uint32(entry[8:]))
	first, count := part(n)
	order.PutUint32(entry[4:], uint32(count))
	switch {
	case n*size <= 4: // they stand in the entry
		copy(entry[8:], bytes.Clone(entry[8+min(first*size, 4):12]))
	case count*size <= 4: // they stand in the entry from now on
		if from := at + first*size; from+4 <= len(t) {
			copy(entry[8:], t[from:from+4])
		} else {
			copy(entry[8:], t[min(from, len(t)):])
		}
	default:
		order.PutUint32(entry[8:], uint32(at+first*size))
	}
}
