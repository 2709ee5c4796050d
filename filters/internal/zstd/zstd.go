// Package zstd decompresses Zstandard (RFC 8878) from memory to memory. It is here since
// it costs a program nothing at its start: all tables are made when they are needed.
// Dictionaries are not supported.
package zstd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrCorrupt is wrapped by the errors for data that break the format.
var ErrCorrupt = errors.New("corrupt Zstandard data")

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrCorrupt}, args...)...)
}

const (
	magic          = 0xfd2fb528
	skippableMagic = 0x184d2a50 // and 15 more: the lowest four bits are free
	maxBlock       = 128 << 10  // bytes of a block, before and after decompression
)

// A Decoder decompresses. The zero value is ready for use; one that is used again does not
// allocate its tables again, about 30 KB, and a block's literals.
type Decoder struct {
	out      []byte // decompressed so far, of all frames
	limit    int    // length at which out is full
	isCut    bool   // something did not fit into out
	frame    int    // where in out the current frame begins
	literals literals
	huffman  huffmanTable
	sequence sequenceTables
	offsets  [3]int // the last three offsets, the most recent first
}

// Decode decompresses the frames in src into dst and returns how many bytes of dst were
// filled. It stops without an error where dst is full. The error is io.ErrUnexpectedEOF
// for data that end too early, else it wraps ErrCorrupt.
func (d *Decoder) Decode(dst, src []byte) (n int, err error) {
	d.out, d.limit, d.isCut = dst[:0], len(dst), false
	for len(src) > 0 && err == nil && len(d.out) < d.limit {
		src, err = d.decodeFrame(src)
	}
	return len(d.out), err
}

// decodeFrame decompresses one frame, or skips a skippable one, and returns what follows
// it (section 3.1).
func (d *Decoder) decodeFrame(src []byte) (rest []byte, err error) {
	if len(src) < 8 {
		return nil, io.ErrUnexpectedEOF
	}
	switch m := binary.LittleEndian.Uint32(src); {
	case m&^15 == skippableMagic:
		size := uint64(binary.LittleEndian.Uint32(src[4:]))
		if size > uint64(len(src)-8) {
			return nil, io.ErrUnexpectedEOF
		}
		return src[8+size:], nil
	case m != magic:
		return nil, corrupt("magic number %08x", m)
	}
	src, hasChecksum, err := frameHeader(src[4:])
	if err != nil {
		return nil, err
	}
	d.frame = len(d.out)
	d.offsets = [3]int{1, 4, 8}
	d.huffman.reset()
	d.sequence.reset()
	for last := false; !last; {
		if src, last, err = d.decodeBlock(src); err != nil {
			return nil, err
		}
		if d.isCut {
			return nil, nil
		}
	}
	if !hasChecksum {
		return src, nil
	}
	if len(src) < 4 {
		return nil, io.ErrUnexpectedEOF
	}
	if sum := binary.LittleEndian.Uint32(src); sum != uint32(xxhash64(d.out[d.frame:])) {
		return nil, corrupt("checksum of a frame")
	}
	return src[4:], nil
}

// frameHeader skips the header of a frame (section 3.1.1.1). The sizes in it do not
// matter: all of the window is in the output, whose size is the caller's.
func frameHeader(src []byte) (rest []byte, hasChecksum bool, err error) {
	descriptor := src[0]
	singleSegment := descriptor&0x20 != 0
	if descriptor&0x08 != 0 {
		return nil, false, corrupt("reserved bit in a frame header")
	}
	window := 1
	if singleSegment {
		window = 0
	}
	contentSize := [4]int{0, 2, 4, 8}[descriptor>>6]
	if contentSize == 0 && singleSegment {
		contentSize = 1
	}
	dictionaryAt := 1 + window
	dictionary := [4]int{0, 1, 2, 4}[descriptor&3]
	size := dictionaryAt + dictionary + contentSize
	if len(src) < size {
		return nil, false, io.ErrUnexpectedEOF
	}
	for _, b := range src[dictionaryAt : dictionaryAt+dictionary] {
		if b != 0 {
			return nil, false, corrupt("a frame needs a dictionary")
		}
	}
	return src[size:], descriptor&0x04 != 0, nil
}

// decodeBlock decompresses one block and returns what follows it (section 3.1.1.2).
// Where the output is full, the rest of the block is left out.
func (d *Decoder) decodeBlock(src []byte) (rest []byte, last bool, err error) {
	if len(src) < 3 {
		return nil, false, io.ErrUnexpectedEOF
	}
	header := int(src[0]) | int(src[1])<<8 | int(src[2])<<16
	src = src[3:]
	last = header&1 != 0
	kind, size := header>>1&3, header>>3
	if size > maxBlock {
		return nil, false, corrupt("block of %d bytes", size)
	}
	stored := size
	if kind == 1 {
		stored = 1
	}
	if len(src) < stored {
		return nil, false, io.ErrUnexpectedEOF
	}
	content := src[:stored]
	switch kind {
	case 0: // raw
		copy(d.extend(size), content)
	case 1: // one byte, repeated
		fill(d.extend(size), content[0])
	case 2:
		err = d.decompressBlock(content)
	default:
		err = corrupt("reserved block type")
	}
	return src[stored:], last, err
}

// extend appends n bytes to the output, or as many as there is room for, and returns
// them to be filled.
func (d *Decoder) extend(n int) []byte {
	at := len(d.out)
	if n > d.limit-at {
		n, d.isCut = d.limit-at, true
	}
	d.out = d.out[:at+n]
	return d.out[at:]
}

func fill(dst []byte, b byte) {
	for i := range dst {
		dst[i] = b
	}
}
