package pngrow

import (
	"io"
	"math/bits"

	"github.com/andybalholm/brotli/flate"
	"github.com/andybalholm/brotli/matchfinder"
)

// A pixelFinder finds matches from three bytes on, for text and drawings in RGB:
// there a pixel's colour has often been seen a little before, and its
// neighbours haven't. What deflates fast in Go looks for four bytes at least.
type pixelFinder struct {
	long    matchfinder.ZM // finds four and more
	found   []matchfinder.Match
	history []byte                  // all since the last reset
	seen    [1 << seenBits]position // where three bytes were last, by their hash
}

// A position is an index into the history, plus 1.
type position int32

const seenBits = 14

func (f *pixelFinder) reset() {
	f.long.MaxDistance = windowSize
	f.long.Reset()
	f.history = f.history[:0]
	clear(f.seen[:])
}

// find appends the matches of the next bytes to dst: the long ones, and what
// there is between them.
func (f *pixelFinder) find(dst []matchfinder.Match, src []byte) []matchfinder.Match {
	f.found = f.long.FindMatches(f.found[:0], src)
	at := len(f.history)
	f.history = append(f.history, src...)
	for _, m := range f.found {
		end := at + m.Unmatched
		dst, m.Unmatched = f.between(dst, at, end)
		dst = append(dst, m)
		at = end + m.Length
		for i := max(end, at-enough); i < at-2; i++ {
			f.seen[f.hash(i)] = position(i + 1)
		}
	}
	return dst
}

// enough is how many bytes at a long match's end are remembered: those before
// can be found where it was copied from.
const enough = 24

// between appends matches of three bytes and more for the history from index at
// to end, and says how much is left after the last.
func (f *pixelFinder) between(dst []matchfinder.Match, at, end int) (_ []matchfinder.Match, left int) {
	h := f.history[:end]
	for i := at; i < end-2; {
		seen := &f.seen[f.hash(i)]
		from := int(*seen) - 1
		*seen = position(i + 1)
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

// hash is of the three bytes at index i.
func (f *pixelFinder) hash(i int) uint32 {
	b := f.history[i : i+3]
	return (uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16) * 0x9e3779b1 >> (32 - seenBits)
}

// A pixelWriter is to a pixelFinder what a flate.Writer of Go's own, or
// klauspost's, is to its matches. It's for a segment at a time: it keeps all
// that is written between two resets.
type pixelWriter struct {
	w       io.Writer
	finder  pixelFinder
	matches []matchfinder.Match
	coder   matchfinder.Encoder
	packed  []byte
}

// pixelBlock is how much has its own Huffman codes.
const pixelBlock = 128 << 10

func newPixelWriter() *pixelWriter { return &pixelWriter{coder: flate.NewEncoder()} }

func (z *pixelWriter) Reset(w io.Writer) { z.ResetDict(w, nil) }

func (z *pixelWriter) ResetDict(w io.Writer, window []byte) {
	z.w = w
	z.finder.reset()
	z.coder.Reset()
	z.matches = z.finder.find(z.matches[:0], window)
}

func (z *pixelWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		block := rest[:min(len(rest), pixelBlock)]
		rest = rest[len(block):]
		z.matches = z.finder.find(z.matches[:0], block)
		z.packed = z.coder.Encode(z.packed[:0], block, z.matches, false)
		if _, err := z.w.Write(z.packed); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// end makes an empty last block, and with it the bits that were left over.
func (z *pixelWriter) end() []byte { return z.coder.Encode(z.packed[:0], []byte{}, nil, true) }

// Flush ends at a whole byte. The coder does so at the stream's end alone, with
// a 1 for the last block, 01 for fixed codes, and zeros: RFC 1951, section
// 3.2.3. Without the ones it's the head of a stored block, which begins anew at
// the next byte.
func (z *pixelWriter) Flush() error {
	packed := z.end()
	top := len(packed) - 1
	for packed[top] == 0 {
		top--
	}
	fixed := 8*top + bits.Len8(packed[top]) - 1 // bits are packed from the lowest on
	for _, bit := range []int{fixed, fixed - 1} {
		packed[bit/8] &^= 1 << (bit % 8)
	}
	packed = append(packed[:(fixed+1)/8+1], 0, 0, 0xff, 0xff) // a length of 0, and its complement
	_, err := z.w.Write(packed)
	return err
}

func (z *pixelWriter) Close() error {
	_, err := z.w.Write(z.end())
	return err
}
