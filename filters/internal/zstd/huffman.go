package zstd

import (
	"io"
	"math/bits"
)

// A huffmanTable decodes literals (section 4.2).
type huffmanTable struct {
	entries []huffmanEntry // for each value of the next log bits; empty without a table
	log     int
	weights fseTable
}

type huffmanEntry struct{ symbol, bits uint8 }

const (
	maxHuffmanLog = 11
	maxWeightLog  = 6 // of the FSE table of weights
)

func (t *huffmanTable) reset() { t.entries = t.entries[:0] }

// read makes the table from its description at the beginning of src and returns what
// follows (section 4.2.1).
func (t *huffmanTable) read(src []byte) (rest []byte, err error) {
	if len(src) == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	var weights [256]uint8
	var n int
	header := int(src[0])
	src = src[1:]
	if header < 128 {
		if len(src) < header {
			return nil, io.ErrUnexpectedEOF
		}
		n, err = t.readWeights(&weights, src[:header])
		rest = src[min(header, len(src)):]
	} else {
		n = header - 127
		if len(src) < (n+1)/2 {
			return nil, io.ErrUnexpectedEOF
		}
		for i := range n {
			weights[i] = src[i/2] >> (4 * (1 - i%2)) & 15
		}
		rest = src[(n+1)/2:]
	}
	if err != nil {
		return nil, err
	}
	return rest, t.build(weights[:n+1])
}

// readWeights decodes weights that are compressed by FSE, with two states that take turns
// (section 4.2.1.2). It returns how many there are, at most 255.
func (t *huffmanTable) readWeights(weights *[256]uint8, src []byte) (n int, err error) {
	src, err = t.weights.read(src, maxHuffmanLog+1, maxWeightLog)
	if err != nil {
		return 0, err
	}
	r, err := newReverseReader(src)
	if err != nil {
		return 0, err
	}
	a, b := t.weights.start(&r), t.weights.start(&r)
	for {
		r.refill()
		if n+2 > 255 {
			return 0, corrupt("more than 255 Huffman weights")
		}
		weights[n] = a.symbol()
		n++
		a.next(&r)
		if r.isBehindEnd() { // the state b is the last one
			weights[n] = b.symbol()
			return n + 1, nil
		}
		a, b = b, a
	}
}

// build makes the table from the weights of the symbols. The last weight is not stored:
// it makes the sum a power of 2 (section 4.2.1).
func (t *huffmanTable) build(weights []uint8) error {
	var sum uint
	for _, w := range weights[:len(weights)-1] {
		if w > maxHuffmanLog {
			return corrupt("Huffman weight %d", w)
		}
		if w > 0 {
			sum += 1 << (w - 1)
		}
	}
	log := bits.Len(sum)
	if sum == 0 || log > maxHuffmanLog {
		return corrupt("Huffman table of %d bits", log)
	}
	missing := uint(1)<<log - sum
	if missing&(missing-1) != 0 {
		return corrupt("the sum of Huffman weights is not a power of 2")
	}
	weights[len(weights)-1] = uint8(bits.Len(missing))
	if t.entries == nil {
		t.entries = make([]huffmanEntry, 1<<maxHuffmanLog)
	}
	t.entries, t.log = t.entries[:1<<log], log
	at := 0
	for w := 1; w <= log; w++ { // the longest codes come first
		for symbol, weight := range weights {
			if int(weight) != w {
				continue
			}
			for range 1 << (w - 1) {
				t.entries[at] = huffmanEntry{uint8(symbol), uint8(log + 1 - w)}
				at++
			}
		}
	}
	return nil
}

// decode decodes one stream of literals, as many as dst has (section 4.2.2).
func (t *huffmanTable) decode(dst, src []byte) error {
	r, err := newReverseReader(src)
	if err != nil {
		return err
	}
	entries, log := t.entries, t.log
	i := 0
	for ; i+4 <= len(dst); i += 4 { // 57 bits are enough for four codes
		r.refill()
		for k := range 4 {
			e := entries[r.peek(log)]
			dst[i+k] = e.symbol
			r.skip(int(e.bits))
		}
	}
	r.refill()
	for ; i < len(dst); i++ {
		e := entries[r.peek(log)]
		dst[i] = e.symbol
		r.skip(int(e.bits))
	}
	if !r.isAtEnd() {
		return corrupt("a stream of %d literals does not end where its bits do", len(dst))
	}
	return nil
}
