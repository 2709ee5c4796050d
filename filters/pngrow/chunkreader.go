package pngrow

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// A chunkReader reads chunks: section 5.3.
type chunkReader struct {
	r      *bufio.Reader
	offset int64  // of the chunk at hand, from the signature on
	kind   string // its type
	left   int    // bytes of its data that are still to be read
	length int
	crc    uint32
	room   int // bytes that ancillary chunks may still take
}

func newChunkReader(r io.Reader) *chunkReader {
	return &chunkReader{r: bufio.NewReaderSize(r, 32<<10), room: maxMetadata}
}

// maxMetadata bounds the memory that a file's chunks take besides its pixels.
const maxMetadata = 64 << 20

// next reads the head of a chunk. The one before must be finished.
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
			return corrupt("chunk type %q at byte %d", head[4:], c.offset)
		}
	}
	c.kind = string(head[4:])
	if length > 1<<31-1 {
		return corrupt("%s chunk at byte %d has a length of %d", c.kind, c.offset, length)
	}
	c.length, c.left = int(length), int(length)
	c.crc = crc32.ChecksumIEEE(head[4:])
	return nil
}

// ancillary says that a decoder may do without the chunk: section 5.4.
func (c *chunkReader) ancillary() bool { return c.kind[0]&0x20 != 0 }

// Read reads of the chunk's data; it gives io.EOF at its end.
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

// finish reads what is left of the chunk and checks its CRC.
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
	if binary.BigEndian.Uint32(sum[:]) != c.crc {
		return corrupt("wrong CRC of the %s chunk at byte %d", c.kind, c.offset)
	}
	return nil
}

// data reads the whole chunk, of most bytes at most. It takes no more memory
// than there is input.
func (c *chunkReader) data(most int) ([]byte, error) {
	if c.left > most {
		return nil, corrupt("%s chunk at byte %d has %d bytes", c.kind, c.offset, c.left)
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

// keep reads an ancillary chunk and adds it to chunks.
func (c *chunkReader) keep(chunks []Chunk) ([]Chunk, error) {
	switch c.kind {
	case "acTL", "fcTL", "fdAT":
		return chunks, c.finish()
	}
	const overhead = 256 // of what is kept besides the data, and while the list of it grows
	if c.length+overhead > c.room {
		return nil, corrupt("more than %d MiB of ancillary chunks", maxMetadata>>20)
	}
	c.room -= c.length + overhead
	data, err := c.data(c.length)
	if err != nil {
		return nil, err
	}
	return append(chunks, Chunk{c.kind, data}), nil
}

// readError names the place of an error that the source gave.
func (c *chunkReader) readError(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return truncated("end of file in the %s chunk at byte %d", c.kind, c.offset)
	}
	return err
}

// An imageData is what the IDAT chunks hold, as one: section 10.1. Its first
// chunk's head has been read; at io.EOF the head of the chunk after the last has.
type imageData struct{ chunks *chunkReader }

func (d imageData) Read(p []byte) (int, error) {
	c := d.chunks
	for c.kind == "IDAT" {
		if c.left > 0 {
			return c.Read(p)
		}
		if err := c.finish(); err != nil {
			return 0, err
		}
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	return 0, io.EOF
}
