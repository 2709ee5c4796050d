package pngrow

import (
	"io"
	"math/bits"

	"github.com/andybalholm/brotli/flate"
	"github.com/andybalholm/brotli/matchfinder"
)

// A pixelMatcher finds matches of three bytes and more, for text and drawings in
// RGB. There the colour of a pixel has often occurred a little before, while its
// neighbours have not. Go's fast deflate encoders look for matches of at least
// four bytes.
type pixelMatcher struct {
	long        matchfinder.ZM // finds matches of four bytes and more
	longMatches []matchfinder.Match
	history     []byte                  // all bytes since the last reset
	lastSeen    [1 << hashBits]position // of three bytes, by their hash
}

// A position is an index into the history, plus 1; 0 means none.
type position int32

const hashBits = 14

func (m *pixelMatcher) reset() {
	m.long.MaxDistance = windowSize
	m.long.Reset()
	m.history = m.history[:0]
	clear(m.lastSeen[:])
}

// appendMatches appends the matches of the next bytes to dst: the long matches,
// and the short ones between them.
func (m *pixelMatcher) appendMatches(dst []matchfinder.Match, src []byte) []matchfinder.Match {
	m.longMatches = m.long.FindMatches(m.longMatches[:0], src)
	at := len(m.history)
	m.history = append(m.history, src...)
	for _, match := range m.longMatches {
		end := at + match.Unmatched
		dst, match.Unmatched = m.appendShort(dst, at, end)
		dst = append(dst, match)
		at = end + match.Length
		for i := max(end, at-hashedTail); i < at-2; i++ {
			m.lastSeen[m.hash(i)] = position(i + 1)
		}
	}
	return dst
}

// hashedTail is how many bytes at the end of a long match are hashed. The bytes
// before them are hashed where the match copies them from.
const hashedTail = 24

// appendShort appends matches of three bytes and more in history[at:end]. It
// returns how many bytes follow the last match.
func (m *pixelMatcher) appendShort(dst []matchfinder.Match, at, end int) (_ []matchfinder.Match, unmatched int) {
	h := m.history[:end]
	for i := at; i < end-2; {
		last := &m.lastSeen[m.hash(i)]
		from := int(*last) - 1
		*last = position(i + 1)
		if from < 0 || i-from > windowSize || h[from] != h[i] || h[from+1] != h[i+1] || h[from+2] != h[i+2] {
			i++
			continue
		}
		n := 3
		for i+n < end && h[from+n] == h[i+n] {
			n++
		}
		dst = append(dst, matchfinder.Match{Unmatched: i - at, Length: n, Distance: i - from})
		i += n
		at = i
	}
	return dst, end - at
}

// hash returns the hash of the three bytes at history[i].
func (m *pixelMatcher) hash(i int) uint32 {
	b := m.history[i : i+3]
	return (uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16) * 0x9e3779b1 >> (32 - hashBits)
}

// A pixelWriter is a compressor with the matches of a pixelMatcher. It keeps all
// bytes written between two resets, so it is for one segment at a time.
type pixelWriter struct {
	w          io.Writer
	matcher    pixelMatcher
	matches    []matchfinder.Match
	encoder    matchfinder.Encoder
	compressed []byte
}

// pixelBlock is the size of a deflate block in bytes before compression. Each
// block has its own Huffman codes.
const pixelBlock = 128 << 10

func newPixelWriter() *pixelWriter { return &pixelWriter{encoder: flate.NewEncoder()} }

func (z *pixelWriter) Reset(w io.Writer) { z.ResetDict(w, nil) }

func (z *pixelWriter) ResetDict(w io.Writer, window []byte) {
	z.w = w
	z.matcher.reset()
	z.encoder.Reset()
	z.matches = z.matcher.appendMatches(z.matches[:0], window)
}

func (z *pixelWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		block := rest[:min(len(rest), pixelBlock)]
		rest = rest[len(block):]
		z.matches = z.matcher.appendMatches(z.matches[:0], block)
		z.compressed = z.encoder.Encode(z.compressed[:0], block, z.matches, false)
		if _, err := z.w.Write(z.compressed); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// lastBlock returns the encoder's remaining bits and an empty last block.
func (z *pixelWriter) lastBlock() []byte {
	return z.encoder.Encode(z.compressed[:0], []byte{}, nil, true)
}

// Flush ends the output at a byte boundary with an empty stored block (RFC 1951,
// section 3.2.4).
//
// The encoder itself reaches a byte boundary only by its last block: the bit 1
// (last block), the bits 01 (fixed codes, section 3.2.3), and zeros. With its ones
// cleared, this is the header of a stored block that is not the last.
func (z *pixelWriter) Flush() error {
	compressed := z.lastBlock()
	top := len(compressed) - 1
	for compressed[top] == 0 {
		top--
	}
	fixed := 8*top + bits.Len8(compressed[top]) - 1 // bits are packed from the lowest on
	for _, bit := range []int{fixed, fixed - 1} {
		compressed[bit/8] &^= 1 << (bit % 8)
	}
	compressed = append(compressed[:(fixed+1)/8+1], 0, 0, 0xff, 0xff) // length 0 and its complement
	_, err := z.w.Write(compressed)
	return err
}

func (z *pixelWriter) Close() error {
	_, err := z.w.Write(z.lastBlock())
	return err
}
