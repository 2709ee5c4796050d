package pngrow

import (
	"errors"
	"io"
)

const (
	windowSize = 32 << 10 // farthest that a match reaches back: RFC 1951, section 2
	maxMatch   = 258
	outSize    = windowSize + 96<<10
	outSlack   = 16 // what a match may be copied beyond its end
	inSize     = 64 << 10
)

var (
	errDeflate = errors.New("bad deflate data")
	errZlib    = errors.New("bad zlib header")
	errAdler   = errors.New("wrong Adler-32 of the image data")
)

// An inflater reads a zlib stream (RFC 1950, RFC 1951). It differs from
// compress/zlib in that it reads as far as it likes from its source, and so
// can do so in words.
type inflater struct {
	src    io.Reader
	srcErr error

	in       []byte // what has been read of src
	inAt     int
	hold     uint64 // the next bits, first lowest; above nhold they may be set already
	nhold    uint
	out      []byte // a window's worth of what came before, then what's new
	read     int    // out[read:write] is what Read hasn't given yet
	write    int
	adler    adler
	begun    bool
	final    bool // the block at hand is the last
	state    blockState
	stored   int // bytes left of a stored block
	err      error
	literals huffmanTable
	distance huffmanTable
}

type blockState uint8

const (
	betweenBlocks blockState = iota
	inStored
	inCompressed
)

func newInflater(src io.Reader) *inflater {
	return &inflater{src: src, adler: 1}
}

// Read is io.Reader's. It gives io.EOF only after the Adler-32 was right, and
// io.ErrUnexpectedEOF if src ends first.
func (f *inflater) Read(p []byte) (int, error) {
	for f.read == f.write {
		if f.err != nil {
			return 0, f.err
		}
		f.err = f.more()
	}
	n := copy(p, f.out[f.read:f.write])
	f.read += n
	return n, nil
}

// more inflates into out, which has all been read.
func (f *inflater) more() error {
	if !f.begun {
		f.begun = true
		f.in = make([]byte, 0, inSize)
		f.out = make([]byte, outSize+outSlack)
		if err := f.header(); err != nil {
			return err
		}
	}
	if f.write > outSize-windowSize {
		copy(f.out, f.out[f.write-windowSize:f.write])
		f.read, f.write = windowSize, windowSize
	}
	from := f.write
	err := f.blocks()
	f.adler.update(f.out[from:f.write])
	if err == io.EOF {
		return f.trailer()
	}
	return err
}

// header is RFC 1950, section 2.2. The window size is not looked at: 32 KiB is
// always there.
func (f *inflater) header() error {
	if err := f.need(16); err != nil {
		return err
	}
	h := f.take(8)<<8 | f.take(8)
	if h>>8&15 != 8 || h>>12 > 7 || h%31 != 0 || h&0x20 != 0 {
		return errZlib
	}
	return nil
}

// trailer checks the Adler-32, and gives io.EOF if it is right.
func (f *inflater) trailer() error {
	f.take(f.nhold & 7)
	if err := f.need(32); err != nil {
		return err
	}
	var sum uint32
	for range 4 {
		sum = sum<<8 | f.take(8)
	}
	if sum != uint32(f.adler) {
		return errAdler
	}
	return io.EOF
}

// need sees to it that hold has n bits, at most 32.
func (f *inflater) need(n uint) error {
	for f.nhold < n {
		if f.inAt == len(f.in) {
			if err := f.fill(); err != nil {
				return err
			}
		}
		f.hold = f.hold&(1<<f.nhold-1) | uint64(f.in[f.inAt])<<f.nhold
		f.inAt++
		f.nhold += 8
	}
	return nil
}

// take gives the next n bits, which need has seen to.
func (f *inflater) take(n uint) uint32 {
	bits := uint32(f.hold & (1<<n - 1))
	f.hold >>= n
	f.nhold -= n
	return bits
}

// fill reads on; all of in has been used.
func (f *inflater) fill() error {
	f.in, f.inAt = f.in[:0], 0
	for len(f.in) == 0 {
		if f.srcErr == io.EOF {
			return io.ErrUnexpectedEOF
		}
		if f.srcErr != nil {
			return f.srcErr
		}
		var n int
		n, f.srcErr = f.src.Read(f.in[:cap(f.in)])
		f.in = f.in[:n]
	}
	return nil
}
