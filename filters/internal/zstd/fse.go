package zstd

import (
	"io"
	"math/bits"
)

// An fseTable decodes symbols by finite state entropy (section 4.1): an entry for each
// state.
type fseTable struct {
	entries []fseEntry // 1 << log of them
	log     int        // of bits of the first state
}

// An fseEntry is a state: its symbol, and the next state, which is base plus the number
// in the next bits.
type fseEntry struct {
	base   uint16
	bits   uint8
	symbol uint8
}

// Limits of the tables that this package reads (sections 3.1.1.3.2.1 and 4.2.1.2).
const (
	maxFSELog     = 9
	maxFSESymbols = 256
)

// read makes the table from its description at the beginning of src (section 4.1.1), for
// symbols below limit and at most 1 << maxLog states. It returns what follows.
func (t *fseTable) read(src []byte, limit, maxLog int) (rest []byte, err error) {
	r := forwardReader{data: src}
	log := r.read(4) + 5
	if log > maxLog {
		return nil, corrupt("FSE table of 2^%d states", log)
	}
	var counts [maxFSESymbols]int16
	left := 1 << log // states without a symbol
	symbol := 0
	for left > 0 {
		if symbol >= limit {
			return nil, corrupt("FSE table of more than %d symbols", limit)
		}
		count := r.readUpTo(left+1) - 1
		if count < 0 {
			left-- // less than one: a state that always reads all bits
		} else {
			left -= count
		}
		counts[symbol] = int16(count)
		symbol++
		if count == 0 {
			for more := 3; more == 3; symbol += more {
				more = r.read(2)
				if r.isBehindEnd() {
					return nil, io.ErrUnexpectedEOF
				}
			}
		}
	}
	if r.isBehindEnd() {
		return nil, io.ErrUnexpectedEOF
	}
	if symbol > limit {
		return nil, corrupt("FSE table of more than %d symbols", limit)
	}
	t.build(counts[:symbol], log)
	return r.rest(), nil
}

// build makes the table of 1 << log states. counts are the numbers of states of each
// symbol; -1 stands for one state of a symbol that is very rare (section 4.1.1).
func (t *fseTable) build(counts []int16, log int) {
	size := 1 << log
	t.resize(log)
	var next [maxFSESymbols]uint16 // number of the symbol's next state
	high := size                   // the states from here on are those of rare symbols
	for s, count := range counts {
		next[s] = uint16(count)
		if count < 0 {
			high--
			t.entries[high].symbol = uint8(s)
			next[s] = 1
		}
	}
	at, step := 0, size>>1+size>>3+3
	for s, count := range counts {
		for range count {
			t.entries[at].symbol = uint8(s)
			for at = (at + step) & (size - 1); at >= high; {
				at = (at + step) & (size - 1)
			}
		}
	}
	for i := range t.entries {
		e := &t.entries[i]
		n := next[e.symbol]
		next[e.symbol]++
		e.bits = uint8(log + 1 - bits.Len16(n))
		e.base = n<<e.bits - uint16(size)
	}
}

// single makes a table that always gives one symbol and reads no bits.
func (t *fseTable) single(symbol uint8) {
	t.resize(0)
	t.entries[0] = fseEntry{symbol: symbol}
}

func (t *fseTable) resize(log int) {
	if t.entries == nil {
		t.entries = make([]fseEntry, 1<<maxFSELog)
	}
	t.entries, t.log = t.entries[:1<<log], log
}

// An fseState decodes symbol by symbol with a table.
type fseState struct {
	entries []fseEntry
	at      int
}

// start reads the first state.
func (t *fseTable) start(r *reverseReader) fseState {
	return fseState{entries: t.entries, at: r.read(t.log)}
}

func (s *fseState) symbol() uint8 { return s.entries[s.at].symbol }

// next reads the next state.
func (s *fseState) next(r *reverseReader) {
	e := s.entries[s.at]
	s.at = int(e.base) + r.read(int(e.bits))
}

// A forwardReader reads bits from the beginning, the lowest bit of each byte first.
// Behind the end it reads zeros.
type forwardReader struct {
	data []byte
	at   int // in bits
}

// peek returns the next n bits, n at most 16, without going on.
func (r *forwardReader) peek(n int) int {
	var v int
	for i := range 3 {
		if at := r.at/8 + i; at < len(r.data) {
			v |= int(r.data[at]) << (8 * i)
		}
	}
	return v >> (r.at % 8) & (1<<n - 1)
}

func (r *forwardReader) read(n int) int {
	v := r.peek(n)
	r.at += n
	return v
}

// readUpTo reads a number from 0 to most, where the lowest numbers take one bit less than
// the others (section 4.1.1).
func (r *forwardReader) readUpTo(most int) int {
	n := bits.Len(uint(most))
	short := 1<<n - 1 - most // numbers that take one bit less
	half := 1 << (n - 1)
	if v := r.peek(n - 1); v < short {
		r.at += n - 1
		return v
	}
	v := r.read(n)
	if v >= half {
		v -= short
	}
	return v
}

func (r *forwardReader) isBehindEnd() bool { return r.at > 8*len(r.data) }

// rest returns the bytes of which no bit was read.
func (r *forwardReader) rest() []byte { return r.data[(r.at+7)/8:] }
