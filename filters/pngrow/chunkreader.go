package pngrow

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"imgpipe/filters/breach"
)

// A chunkReader reads chunks one after the other (section 5.3).
type chunkReader struct {
	r            *bufio.Reader
	offset       int64  // where the current chunk begins, in bytes from the signature on
	kind         string // the current chunk's type
	length       int    // of the current chunk's data, in bytes
	left         int    // bytes of the current chunk's data that have not been read
	crc          uint32 // of the type and the data read so far
	damaged      bool   // the current chunk's CRC is wrong, which is tolerated
	tolerate     breach.Handler
	metadataLeft int             // bytes of ancillary chunks that may still be kept
	seen         map[string]bool // the types of ancillary chunks that have been kept
	part         part            // where the current chunk stands
	between      []Chunk         // ancillary chunks between the IDAT chunks
}

// maxMetadata limits the memory for ancillary chunks, in bytes per file.
const maxMetadata = 64 << 20

func newChunkReader(r io.Reader, o ReaderOptions) *chunkReader {
	return &chunkReader{r: bufio.NewReaderSize(r, 32<<10), tolerate: o.Tolerate, metadataLeft: maxMetadata, seen: map[string]bool{}}
}

// next reads the length and type of the next chunk. The current chunk must be
// finished.
func (c *chunkReader) next() error {
	if c.kind != "" {
		c.offset += int64(c.length) + 12
	} else {
		c.offset = int64(len(signature))
	}
	var head [8]byte
	if _, err := io.ReadFull(c.r, head[:]); err != nil {
		if err = c.readError(err); errors.Is(err, io.ErrUnexpectedEOF) {
			return truncated("no IEND chunk, end of file after byte %d", c.offset)
		}
		return err
	}
	length := binary.BigEndian.Uint32(head[:])
	for _, letter := range head[4:] {
		if letter|0x20 < 'a' || letter|0x20 > 'z' {
			return corrupt("invalid chunk type %q at byte %d", head[4:], c.offset)
		}
	}
	c.kind = string(head[4:])
	if length > 1<<31-1 {
		return corrupt("invalid length %d of the %s chunk at byte %d", length, c.kind, c.offset)
	}
	c.length, c.left = int(length), int(length)
	c.crc = crc32.ChecksumIEEE(head[4:])
	c.damaged = false
	return nil
}

// ancillary reports whether a decoder may ignore the chunk (section 5.4).
func (c *chunkReader) ancillary() bool { return c.kind[0]&0x20 != 0 }

// Read reads from the current chunk's data. It returns io.EOF at the end of the
// data.
func (c *chunkReader) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	n, err := c.r.Read(p[:min(len(p), c.left)])
	c.left -= n
	c.crc = crc32.Update(c.crc, crc32.IEEETable, p[:n])
	if err != nil && n == 0 {
		return 0, c.readError(err)
	}
	return n, nil
}

// finish skips the rest of the current chunk's data and checks the CRC. A wrong CRC
// of IEND or of an ancillary chunk is tolerated; it sets damaged.
func (c *chunkReader) finish() error {
	for c.left > 0 {
		var sink [4 << 10]byte
		if _, err := c.Read(sink[:]); err != nil {
			return err
		}
	}
	var sum [4]byte
	if _, err := io.ReadFull(c.r, sum[:]); err != nil {
		return c.readError(err)
	}
	if binary.BigEndian.Uint32(sum[:]) == c.crc {
		return nil
	}
	wrong := corrupt("wrong CRC of the %s chunk at byte %d", c.kind, c.offset)
	if !c.ancillary() && c.kind != "IEND" {
		return wrong
	}
	c.damaged = true
	return c.tolerate.Handle(wrong)
}

// readData reads and finishes a chunk of at most limit bytes of data. The
// memory grows with the bytes that come, not with the length that the chunk
// claims.
func (c *chunkReader) readData(limit int) ([]byte, error) {
	if c.left > limit {
		return nil, corrupt("%s chunk at byte %d has %d bytes, the limit is %d", c.kind, c.offset, c.left, limit)
	}
	data := make([]byte, min(c.left, 64<<10))
	for have := 0; have < c.length; {
		if have == len(data) {
			data = append(data, make([]byte, min(have, c.left))...)
		}
		n, err := c.Read(data[have:])
		if err != nil {
			return nil, err
		}
		have += n
	}
	return data, c.finish()
}

// readError turns the end of the file inside the current chunk into an error
// that says where that is.
func (c *chunkReader) readError(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return truncated("end of file in the %s chunk at byte %d", c.kind, c.offset)
	}
	return err
}

// An imageData reads the concatenated data of the IDAT chunks (section 10.1). The
// first chunk's length and type must have been read. At io.EOF the chunkReader is at
// a critical chunk or one of an animation after the last IDAT, whose length and type
// have been read.
type imageData struct{ chunks *chunkReader }

func (d imageData) Read(p []byte) (int, error) {
	c := d.chunks
	for c.kind == "IDAT" || c.ancillary() && c.kind != "fcTL" && c.kind != "fdAT" {
		if c.kind == "IDAT" && c.left > 0 {
			return c.Read(p)
		}
		if err := c.endImageChunk(); err != nil {
			return 0, err
		}
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	return 0, io.EOF
}

// endImageChunk finishes an IDAT chunk, or keeps an ancillary chunk that stands
// between IDAT chunks.
func (c *chunkReader) endImageChunk() (err error) {
	if c.kind == "IDAT" {
		return c.finish()
	}
	if err := c.tolerate.Handle(corrupt("%s chunk at byte %d between the IDAT chunks", c.kind, c.offset)); err != nil {
		return err
	}
	c.part = afterPixels
	c.between, err = c.appendAncillary(c.between)
	return err
}
