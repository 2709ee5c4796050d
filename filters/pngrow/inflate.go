package pngrow

import (
	"errors"
	"io"
)

const (
	windowSize = 32 << 10            // largest distance of a match, in bytes (RFC 1951, section 2)
	maxMatch   = 258                 // longest match, in bytes
	outSize    = windowSize + 96<<10 // size of the output buffer
	outSlack   = 16                  // bytes behind the output buffer that copyMatch may write
	inSize     = 64 << 10            // size of the input buffer
)

var (
	errDeflate = errors.New("invalid deflate data")
	errZlib    = errors.New("invalid zlib header")
	errAdler   = errors.New("wrong Adler-32 of the image data")
)

// An inflater decompresses a zlib stream (RFC 1950, RFC 1951). Unlike
// compress/zlib it may read from its source beyond the end of the stream. So it
// can read whole words.
type inflater struct {
	src    io.Reader
	srcErr error

	in        []byte // the input buffer
	inAt      int    // in[inAt:] has not been used yet
	hold      uint64 // the next bits, first lowest; bits from nhold on may be set already
	nhold     uint   // number of valid bits in hold
	out       []byte // the output buffer; up to windowSize bytes before write are the window
	read      int    // out[read:write] has not been returned by Read yet
	write     int
	adler     adler
	started   bool
	final     bool // the current block is the last
	state     blockState
	stored    int // bytes left in the current stored block
	err       error
	literals  huffmanTable
	distances huffmanTable
}

// A blockState says which kind of block is being inflated (RFC 1951, section
// 3.2.3).
type blockState uint8

const (
	betweenBlocks blockState = iota
	inStored
	inCompressed
)

func newInflater(src io.Reader) *inflater {
	makeSymbols.Do(fillSymbols)
	return &inflater{src: src, adler: 1}
}

// Read reads decompressed data. It returns io.EOF after the Adler-32 checksum has
// been verified, and io.ErrUnexpectedEOF if src ends before that.
func (f *inflater) Read(p []byte) (int, error) {
	for f.read == f.write {
		if f.err != nil {
			return 0, f.err
		}
		f.err = f.inflateMore()
	}
	n := copy(p, f.out[f.read:f.write])
	f.read += n
	return n, nil
}

// inflateMore refills out, all of which has been read.
func (f *inflater) inflateMore() error {
	if !f.started {
		f.started = true
		f.in = make([]byte, 0, inSize)
		f.out = make([]byte, outSize+outSlack)
		if err := f.readZlibHeader(); err != nil {
			return err
		}
	}
	if f.write > outSize-windowSize {
		copy(f.out, f.out[f.write-windowSize:f.write])
		f.read, f.write = windowSize, windowSize
	}
	from := f.write
	err := f.inflateBlocks()
	f.adler.update(f.out[from:f.write])
	if err == io.EOF {
		return f.readZlibTrailer()
	}
	return err
}

// readZlibHeader reads and validates the two header bytes (RFC 1950, section 2.2).
// The window size there does not matter: the window here always has 32 KiB.
func (f *inflater) readZlibHeader() error {
	if err := f.ensureBits(16); err != nil {
		return err
	}
	h := f.takeBits(8)<<8 | f.takeBits(8)
	if h>>8&15 != 8 || h>>12 > 7 || h%31 != 0 || h&0x20 != 0 {
		return errZlib
	}
	return nil
}

// readZlibTrailer verifies the Adler-32 checksum (RFC 1950, section 2.2). It
// returns io.EOF if the checksum is right.
func (f *inflater) readZlibTrailer() error {
	f.takeBits(f.nhold & 7)
	if err := f.ensureBits(32); err != nil {
		return err
	}
	var sum uint32
	for range 4 {
		sum = sum<<8 | f.takeBits(8)
	}
	if sum != uint32(f.adler) {
		return errAdler
	}
	return io.EOF
}

// ensureBits reads input until hold has n bits, at most 32.
func (f *inflater) ensureBits(n uint) error {
	for f.nhold < n {
		if f.inAt == len(f.in) {
			if err := f.refill(); err != nil {
				return err
			}
		}
		f.hold = f.hold&(1<<f.nhold-1) | uint64(f.in[f.inAt])<<f.nhold
		f.inAt++
		f.nhold += 8
	}
	return nil
}

// takeBits removes the next n bits from hold. The caller calls ensureBits first.
func (f *inflater) takeBits(n uint) uint32 {
	bits := uint32(f.hold & (1<<n - 1))
	f.hold >>= n
	f.nhold -= n
	return bits
}

// refill refills in, all of which has been used.
func (f *inflater) refill() error {
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
