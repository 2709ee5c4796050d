package gif

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
)

// maxSide is the longest side of a screen or a frame, in pixels.
const maxSide = 1<<16 - 1

// A Writer writes a file, frame by frame.
type Writer struct {
	w      io.Writer
	global []byte // the global colour table; nil: there is none
	packed [2]bytes.Buffer
}

// NewWriter writes what stands before the frames: the logical screen and, unless
// palette is empty, the global colour table of up to 256 colours. Unless an
// animation is shown once, an extension says how often: plays as in a File.
func NewWriter(w io.Writer, width, height, plays int, palette []byte) (*Writer, error) {
	if width > maxSide || height > maxSide {
		return nil, fmt.Errorf("gif: a screen of %d x %d", width, height)
	}
	head := []byte("GIF89a")
	head = binary.LittleEndian.AppendUint16(head, uint16(width))
	head = binary.LittleEndian.AppendUint16(head, uint16(height))
	head = append(head, packedField(palette)|7<<4, 0, 0) // 8 bits a sample; background 0; no aspect ratio
	head = appendTable(head, palette)
	if plays != 1 {
		loops := uint16(max(0, min(plays-1, 1<<16-1)))
		head = append(head, BlockExtension, labelApplication, 11)
		head = append(head, "NETSCAPE2.0\x03\x01"...)
		head = append(binary.LittleEndian.AppendUint16(head, loops), 0)
	}
	_, err := w.Write(head)
	return &Writer{w: w, global: palette}, err
}

// WriteFrame writes a frame: its palette unless that is empty and the global
// colour table is used, its rectangle, its timing. Of the given arrays of indices,
// which must look the same, it writes the one that takes the fewest bytes.
func (e *Writer) WriteFrame(f *Frame, indices ...[]uint8) error {
	table := f.Palette
	if len(table) == 0 {
		table = e.global
	}
	codeSize := max(2, tableBits(table))
	best := &e.packed[0]
	for i, pixels := range indices {
		packed := &e.packed[0]
		if i > 0 {
			packed = &e.packed[1]
		}
		packed.Reset()
		if err := pack(packed, pixels, codeSize); err != nil {
			return err
		}
		if packed.Len() < best.Len() {
			e.packed[0], e.packed[1] = e.packed[1], e.packed[0]
		}
	}

	var head []byte
	if f.Delay > 0 || f.Transparent >= 0 || f.Disposal > Keep {
		flags, transparent := byte(f.Disposal)<<2, byte(0)
		if f.Transparent >= 0 {
			flags, transparent = flags|1, byte(f.Transparent)
		}
		head = append(head, BlockExtension, labelControl, 4, flags)
		head = binary.LittleEndian.AppendUint16(head, uint16(f.Delay))
		head = append(head, transparent, 0)
	}
	head = append(head, BlockImage)
	for _, v := range [4]int{f.Rect.Min.X, f.Rect.Min.Y, f.Rect.Dx(), f.Rect.Dy()} {
		head = binary.LittleEndian.AppendUint16(head, uint16(v))
	}
	head = append(head, packedField(f.Palette))
	head = append(appendTable(head, f.Palette), byte(codeSize))
	if _, err := e.w.Write(head); err != nil {
		return err
	}
	return e.writeSubBlocks(best.Bytes())
}

// pack compresses indices.
func pack(w io.Writer, indices []uint8, codeSize int) error {
	z := lzw.NewWriter(w, lzw.LSB, codeSize)
	if _, err := z.Write(indices); err != nil {
		return err
	}
	return z.Close()
}

// writeSubBlocks writes data sub-blocks and their terminator (section 15).
func (e *Writer) writeSubBlocks(data []byte) error {
	const most = 255
	out := make([]byte, 0, len(data)+len(data)/most+2)
	for len(data) > 0 {
		n := min(most, len(data))
		out = append(append(out, byte(n)), data[:n]...)
		data = data[n:]
	}
	_, err := e.w.Write(append(out, 0))
	return err
}

// Close writes the trailer. It does not close the destination.
func (e *Writer) Close() error {
	_, err := e.w.Write([]byte{BlockTrailer})
	return err
}

// tableBits returns the bits of an index of a palette, at least 1.
func tableBits(palette []byte) int { return max(1, bits.Len(uint(len(palette)/3-1))) }

// packedField returns a descriptor's bits for a colour table.
func packedField(palette []byte) byte {
	if len(palette) == 0 {
		return 0
	}
	return 0x80 | byte(tableBits(palette)-1)
}

// appendTable appends a colour table, filled with black.
func appendTable(b, palette []byte) []byte {
	if len(palette) == 0 {
		return b
	}
	b = append(b, palette...)
	return append(b, make([]byte, 3<<tableBits(palette)-len(palette))...)
}
