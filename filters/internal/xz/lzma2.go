package xz

import (
	"encoding/binary"
	"io"
)

// decodeChunks decodes LZMA2, which is chunks of LZMA, or of bytes as they are, up to the
// end mark. It returns how many bytes of dst it filled and what follows the mark; nil if
// dst is full before.
func (z *lzma) decodeChunks(dst, src []byte) (n int, rest []byte, err error) {
	z.out = dst[:0:len(dst)]
	z.dictionary = -1
	hasProperties, hasState := false, false
	for {
		if len(src) == 0 {
			return len(z.out), nil, io.ErrUnexpectedEOF
		}
		control := src[0]
		if control == 0 {
			return len(z.out), src[1:], nil
		}
		isLZMA := control >= 0x80
		if control == 1 || control >= 0xe0 {
			z.dictionary = len(z.out)
			hasProperties, hasState = false, false
		}
		if z.dictionary < 0 || !isLZMA && control > 2 {
			return len(z.out), nil, corrupt("chunk of kind %#x", control)
		}
		if !isLZMA {
			src, err = z.copyChunk(src)
			if err != nil || src == nil {
				return len(z.out), nil, err
			}
			continue
		}
		header := 5
		if control >= 0xc0 {
			header = 6
		}
		if len(src) < header {
			return len(z.out), nil, io.ErrUnexpectedEOF
		}
		size := int(control&0x1f)<<16 + int(binary.BigEndian.Uint16(src[1:])) + 1
		stored := int(binary.BigEndian.Uint16(src[3:])) + 1
		if control >= 0xc0 {
			if err := z.setProperties(src[5]); err != nil {
				return len(z.out), nil, err
			}
			hasProperties = true
		}
		if control >= 0xa0 && hasProperties {
			z.reset()
			hasState = true
		}
		if !hasState {
			return len(z.out), nil, corrupt("chunk without properties")
		}
		src = src[header:]
		if len(src) < stored {
			return len(z.out), nil, io.ErrUnexpectedEOF
		}
		if isWhole, err := z.decode(size, src[:stored]); err != nil || !isWhole {
			return len(z.out), nil, err
		}
		src = src[stored:]
	}
}

// copyChunk copies a chunk that is not compressed and returns what follows it; nil if
// there is no room for all of it.
func (z *lzma) copyChunk(src []byte) (rest []byte, err error) {
	if len(src) < 3 {
		return nil, io.ErrUnexpectedEOF
	}
	n := int(binary.BigEndian.Uint16(src[1:])) + 1
	if src = src[3:]; len(src) < n {
		return nil, io.ErrUnexpectedEOF
	}
	room := cap(z.out) - len(z.out)
	z.out = append(z.out, src[:min(n, room)]...)
	if n > room {
		return nil, nil
	}
	return src[n:], nil
}
