package tiff

import (
	"encoding/binary"
	"math"

	"imgpipe/filters/meta"
)

// A directory has the entries of an IFD by their tags.
type directory struct {
	data    meta.TIFF
	ifd     int // offset
	bytes   int // of the entries
	entries map[uint16]meta.Entry
}

// directory reads an IFD. The first entry with a tag counts, as in libtiff.
func (r *Reader) directory(ifd int) (*directory, error) {
	d := &directory{data: r.data, ifd: ifd, entries: map[uint16]meta.Entry{}}
	last, sorted := uint16(0), true
	for e := range r.data.Entries(ifd) {
		const least = 12 // bytes of an entry
		d.bytes += least
		if _, twice := d.entries[e.Tag()]; !twice {
			d.entries[e.Tag()] = e
		}
		sorted = sorted && e.Tag() > last
		last = e.Tag()
	}
	for _, tag := range pixelTags {
		if e, ok := d.entries[tag]; ok {
			if _, within := r.data.Values(e); !within {
				return nil, truncated("the values of tag %d are not in the file", tag)
			}
		}
	}
	switch {
	case len(d.entries) == 0 && ifd >= len(r.data):
		return nil, truncated("no page at byte %d", ifd)
	case len(d.entries) == 0:
		return nil, corrupt("a page without tags")
	case !sorted:
		return d, r.tolerate("the tags of a page are not sorted")
	}
	return d, nil
}

// pixelTags are the tags without which the pixels would be others.
var pixelTags = [...]uint16{
	meta.TagImageWidth, meta.TagImageLength, tagBitsPerSample, tagCompression, tagPhotometric, tagFillOrder, tagStripOffsets,
	tagSamplesPerPixel, tagRowsPerStrip, tagStripByteCounts, tagPlanar, tagT4Options, tagPredictor, tagColorMap, tagTileWidth,
	tagTileLength, tagTileOffsets, tagTileByteCounts, tagInkSet, tagExtraSamples, tagSampleFormat, tagSMinSampleValue,
	tagSMaxSampleValue, tagJPEGTables, tagCoefficients, tagSubsampling, tagReference,
}

// has tells whether there is an entry.
func (d *directory) has(tag uint16) bool { _, ok := d.entries[tag]; return ok }

// bytesOf returns the bytes of an entry's values; nil if there is no such entry.
func (d *directory) bytesOf(tag uint16) []byte {
	if e, ok := d.entries[tag]; ok {
		values, _ := d.data.Values(e)
		return values
	}
	return nil
}

// ints returns the first n values of an entry of integers of any type; fewer if it has
// fewer, and none if there is no such entry.
func (d *directory) ints(tag uint16, n int) []int {
	e, ok := d.entries[tag]
	if !ok {
		return nil
	}
	read, size := integer(e.Type(), d.data.Order())
	if size == 0 {
		return nil
	}
	values := d.bytesOf(tag)
	all := make([]int, min(n, len(values)/size))
	for i := range all {
		all[i] = read(values[i*size:])
	}
	return all
}

// int returns the first value of an entry of integers; otherwise is returned if there
// is none.
func (d *directory) int(tag uint16, otherwise int) int {
	if all := d.ints(tag, 1); len(all) > 0 {
		return all[0]
	}
	return otherwise
}

// integer returns the function that reads a value of a type of integers, and its size; 0
// for other types. A value that is too large for an int becomes a negative one.
func integer(fieldType uint16, order binary.ByteOrder) (read func(b []byte) int, size int) {
	switch fieldType {
	case meta.TypeByte, meta.TypeUndefined:
		return func(b []byte) int { return int(b[0]) }, 1
	case meta.TypeSByte:
		return func(b []byte) int { return int(int8(b[0])) }, 1
	case meta.TypeShort:
		return func(b []byte) int { return int(order.Uint16(b)) }, 2
	case meta.TypeSShort:
		return func(b []byte) int { return int(int16(order.Uint16(b))) }, 2
	case meta.TypeLong, meta.TypeIFD:
		return func(b []byte) int { return int(order.Uint32(b)) }, 4
	case meta.TypeSLong:
		return func(b []byte) int { return int(int32(order.Uint32(b))) }, 4
	case meta.TypeLong8, meta.TypeSLong8, meta.TypeIFD8:
		return func(b []byte) int { return int(order.Uint64(b)) }, 8
	}
	return nil, 0
}

// floats returns n values of an entry of numbers of any type; nil if it has fewer.
func (d *directory) floats(tag uint16, n int) []float64 {
	e, ok := d.entries[tag]
	if !ok {
		return nil
	}
	order, values := d.data.Order(), d.bytesOf(tag)
	all := make([]float64, n)
	if read, size := integer(e.Type(), order); size > 0 {
		for i := range all {
			if len(values) < size {
				return nil
			}
			all[i], values = float64(read(values)), values[size:]
		}
		return all
	}
	for i := range all {
		switch t := e.Type(); {
		case t == meta.TypeFloat && len(values) >= 4:
			all[i], values = float64(math.Float32frombits(order.Uint32(values))), values[4:]
		case t == meta.TypeDouble && len(values) >= 8:
			all[i], values = math.Float64frombits(order.Uint64(values)), values[8:]
		case t == meta.TypeRational && len(values) >= 8:
			all[i], values = float64(order.Uint32(values))/float64(order.Uint32(values[4:])), values[8:]
		case t == meta.TypeSRational && len(values) >= 8:
			all[i], values = float64(int32(order.Uint32(values)))/float64(int32(order.Uint32(values[4:]))), values[8:]
		default:
			return nil
		}
	}
	return all
}
