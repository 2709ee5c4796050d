package zstd

import (
	"encoding/binary"
	"io"
)

// literals are the bytes of a block that are not copied from what came before.
type literals struct {
	left   []byte // not yet in the output
	buffer []byte
}

// The kinds of a literals section (section 3.1.1.3.1.1).
const (
	rawLiterals = iota
	repeatedLiteral
	compressedLiterals
	treelessLiterals // compressed, with the Huffman table of the block before
)

// readLiterals decodes the literals section of a block into d.literals and returns what
// follows it (section 3.1.1.3.1).
func (d *Decoder) readLiterals(src []byte) (rest []byte, err error) {
	if len(src) == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	kind, format := src[0]&3, src[0]>>2&3
	if kind >= compressedLiterals {
		return d.readCompressedLiterals(src, kind, format)
	}
	headerSize, shift := 1, 3
	if format&1 != 0 {
		headerSize, shift = 2+int(format>>1), 4
	}
	src, header, err := littleEndian(src, headerSize)
	if err != nil {
		return nil, err
	}
	size := int(header >> shift)
	if size > maxBlock {
		return nil, corrupt("%d literals in a block", size)
	}
	if kind == repeatedLiteral {
		if len(src) == 0 {
			return nil, io.ErrUnexpectedEOF
		}
		fill(d.literals.resize(size), src[0])
		return src[1:], nil
	}
	if len(src) < size {
		return nil, io.ErrUnexpectedEOF
	}
	d.literals.left = src[:size]
	return src[size:], nil
}

func (d *Decoder) readCompressedLiterals(src []byte, kind, format uint8) (rest []byte, err error) {
	headerSize, width := 3, 10 // in bytes; of each size, in bits
	if format >= 2 {
		headerSize, width = int(format)+2, 4*int(format)+6
	}
	src, header, err := littleEndian(src, headerSize)
	if err != nil {
		return nil, err
	}
	size := int(header >> 4 & (1<<width - 1))
	stored := int(header >> (4 + width) & (1<<width - 1))
	if size > maxBlock {
		return nil, corrupt("%d literals in a block", size)
	}
	if len(src) < stored {
		return nil, io.ErrUnexpectedEOF
	}
	src, rest = src[:stored], src[stored:]
	if kind == compressedLiterals {
		if src, err = d.huffman.read(src); err != nil {
			return nil, err
		}
	}
	if len(d.huffman.entries) == 0 {
		return nil, corrupt("literals without a Huffman table")
	}
	dst := d.literals.resize(size)
	if format == 0 {
		return rest, d.huffman.decode(dst, src)
	}
	return rest, d.huffman.decodeFour(dst, src)
}

// decodeFour decodes literals in four streams, the lengths of the first three of which
// come before them (section 3.1.1.3.1.6).
func (t *huffmanTable) decodeFour(dst, src []byte) error {
	if len(src) < 6 {
		return io.ErrUnexpectedEOF
	}
	lengths, src := src[:6], src[6:]
	quarter := (len(dst) + 3) / 4
	for i := range 4 {
		n, stored := quarter, len(src)
		if i < 3 {
			stored = int(binary.LittleEndian.Uint16(lengths[2*i:]))
		} else {
			n = len(dst)
		}
		if n > len(dst) {
			return corrupt("four streams of %d literals", len(dst))
		}
		if stored > len(src) {
			return io.ErrUnexpectedEOF
		}
		if err := t.decode(dst[:n], src[:stored]); err != nil {
			return err
		}
		dst, src = dst[n:], src[stored:]
	}
	return nil
}

// resize sets left to n bytes of the buffer and returns them.
func (l *literals) resize(n int) []byte {
	if cap(l.buffer) < n {
		l.buffer = make([]byte, n)
	}
	l.left = l.buffer[:n]
	return l.left
}

// take removes the next n literals.
func (l *literals) take(n int) ([]byte, error) {
	if n > len(l.left) {
		return nil, corrupt("a block with too few literals")
	}
	taken := l.left[:n]
	l.left = l.left[n:]
	return taken, nil
}

// littleEndian reads a number of n bytes at the beginning of src and returns what follows.
func littleEndian(src []byte, n int) (rest []byte, v uint64, err error) {
	if len(src) < n {
		return nil, 0, io.ErrUnexpectedEOF
	}
	for i, b := range src[:n] {
		v |= uint64(b) << (8 * i)
	}
	return src[n:], v, nil
}
