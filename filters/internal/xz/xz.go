// Package xz decompresses the xz format (version 1.1.0) with the filters LZMA2 and delta,
// from memory to memory. It is here since it costs a program nothing at its start.
package xz

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/crc64"
	"io"
)

// Kinds of errors, besides io.ErrUnexpectedEOF for data that end too early.
var (
	ErrCorrupt     = errors.New("corrupt xz data")
	ErrUnsupported = errors.New("unsupported xz data")
)

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrCorrupt}, args...)...)
}

const (
	magic      = "\xfd7zXZ\x00"
	headerSize = 12
)

// The kinds of checks that are verified (section 2.1.1.2).
const (
	checkCRC32 = 0x01
	checkCRC64 = 0x04
)

// The filters that are read (section 5.3).
const (
	filterDelta = 0x03
	filterLZMA2 = 0x21
)

// A Decoder decompresses. The zero value is ready for use; one that is used again does not
// allocate its tables again, about 30 KB.
type Decoder struct{ lzma lzma }

// Decode decompresses the blocks of the first stream in src into dst and returns how many
// bytes of dst were filled. It stops without an error where dst is full.
func (d *Decoder) Decode(dst, src []byte) (n int, err error) {
	check, src, err := streamHeader(src)
	if err != nil {
		return 0, err
	}
	for n < len(dst) {
		if len(src) == 0 {
			return n, io.ErrUnexpectedEOF
		}
		if src[0] == 0 { // the index
			return n, nil
		}
		var filled int
		filled, src, err = d.block(dst[n:], src, check)
		if n += filled; err != nil {
			return n, err
		}
	}
	return n, nil
}

// streamHeader reads the header of a stream and returns the kind of its checks (section
// 2.1.1).
func streamHeader(src []byte) (check byte, rest []byte, err error) {
	if len(src) < headerSize {
		return 0, nil, io.ErrUnexpectedEOF
	}
	if string(src[:6]) != magic {
		return 0, nil, corrupt("no signature")
	}
	if binary.LittleEndian.Uint32(src[8:]) != crc32.ChecksumIEEE(src[6:8]) {
		return 0, nil, corrupt("checksum of the header")
	}
	if src[6] != 0 || src[7] > 15 {
		return 0, nil, fmt.Errorf("%w: flags of the stream", ErrUnsupported)
	}
	return src[7], src[headerSize:], nil
}

// block decompresses a block (section 3), or as much of it as fits into dst.
func (d *Decoder) block(dst, src []byte, check byte) (n int, rest []byte, err error) {
	size := 4 * (int(src[0]) + 1)
	if len(src) < size {
		return 0, nil, io.ErrUnexpectedEOF
	}
	delta, err := blockHeader(src[:size])
	if err != nil {
		return 0, nil, err
	}
	data := src[size:]
	n, rest, err = d.lzma.decodeChunks(dst, data)
	if delta > 0 {
		for i := delta; i < n; i++ {
			dst[i] += dst[i-delta]
		}
	}
	if err != nil || rest == nil { // dst is full
		return n, rest, err
	}
	padding := -(len(data) - len(rest)) & 3
	checkSize := [16]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}[check]
	if len(rest) < padding+checkSize {
		return n, nil, io.ErrUnexpectedEOF
	}
	sum := rest[padding:]
	le := binary.LittleEndian
	if check == checkCRC32 && le.Uint32(sum) != crc32.ChecksumIEEE(dst[:n]) ||
		check == checkCRC64 && le.Uint64(sum) != crc64.Checksum(dst[:n], crc64.MakeTable(crc64.ECMA)) {
		return n, nil, corrupt("checksum of a block")
	}
	return n, sum[checkSize:], nil
}

// blockHeader reads the header of a block and returns the distance of the delta filter,
// or 0 (section 3.1).
func blockHeader(header []byte) (delta int, err error) {
	body := header[:len(header)-4]
	if binary.LittleEndian.Uint32(header[len(body):]) != crc32.ChecksumIEEE(body) {
		return 0, corrupt("checksum of a block's header")
	}
	flags := body[1]
	const reserved, compressedSize, size = 0x3c, 0x40, 0x80
	if flags&reserved != 0 {
		return 0, fmt.Errorf("%w: flags of a block", ErrUnsupported)
	}
	r := fields{body[2:]}
	for _, flag := range []byte{compressedSize, size} {
		if flags&flag != 0 {
			r.number() // the data tell it too
		}
	}
	filters := int(flags&3) + 1
	for i := range filters {
		id := r.number()
		properties := r.bytes(r.number())
		switch {
		case id == filterDelta && len(properties) == 1 && delta == 0 && i < filters-1:
			delta = int(properties[0]) + 1
		case id == filterLZMA2 && len(properties) == 1 && i == filters-1:
		default:
			return 0, fmt.Errorf("%w: filter %#x", ErrUnsupported, id)
		}
	}
	return delta, nil
}

// fields are the rest of a block's header.
type fields struct{ data []byte }

// number reads a number of 7 bits a byte, the lowest first (section 1.2). It returns 0 at
// the end of the data.
func (f *fields) number() (v uint64) {
	for shift := 0; shift < 63; shift += 7 {
		b := f.bytes(1)
		if b == nil {
			return 0
		}
		v |= uint64(b[0]&0x7f) << shift
		if b[0] < 0x80 {
			break
		}
	}
	return v
}

// bytes reads n bytes, nil if there are not as many.
func (f *fields) bytes(n uint64) []byte {
	if n > uint64(len(f.data)) {
		return nil
	}
	b := f.data[:n]
	f.data = f.data[n:]
	return b
}
