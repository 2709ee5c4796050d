package gif

import (
	"encoding/binary"
	"image"
	"slices"

	"imgpipe/filters/breach"
)

// A Reader reads the blocks of a file, and then the pixels of its frames.
type Reader struct {
	options ReaderOptions
	file    File
	packed  []byte // of one frame, without the lengths of sub-blocks
	indices []byte // of one frame
	rows    []byte // of an interlaced frame, in the order of the screen
}

// ReaderOptions say how a Reader reads. The zero value reads what other decoders
// read.
type ReaderOptions struct {
	Tolerate breach.Handler // the errors that it is told wrap ErrCorrupt

	// MaxFrames, if it is not 0, bounds the memory for the frames: blocks behind
	// MaxFrames+1 frames are not read.
	MaxFrames int
}

// tolerate tells Tolerate of a breach of the standard.
func (o *ReaderOptions) tolerate(format string, args ...any) error {
	return o.Tolerate.Handle(corrupt(format, args...))
}

// NewReader walks the blocks of a file, from the header to the trailer (appendix
// B). It unpacks no pixels, and takes memory in proportion to data, which the
// Reader keeps.
//
// The first frame enlarges a screen that is too small for it, as in browsers. A
// file may end where a block could begin, and behind the last pixel of a frame.
func NewReader(data []byte, o ReaderOptions) (*Reader, error) {
	if len(data) < HeaderSize {
		return nil, truncated("end of file in the header")
	}
	b := blockReader{data: data, pos: HeaderSize, options: o, control: noControl}
	b.file.Width, b.file.Height = short(data[6:]), short(data[8:])
	b.file.Plays = 1
	table, err := b.take(TableSize(data[10]), "the global colour table")
	if err != nil {
		return nil, err
	}
	b.global = table
	if err := b.readBlocks(); err != nil {
		return nil, err
	}
	if len(b.file.Frames) > 0 && !slices.ContainsFunc(b.file.Frames, func(f Frame) bool { return !f.Rect.Empty() }) {
		return nil, corrupt("no frame has a pixel")
	}
	return &Reader{options: o, file: b.file}, nil
}

// File returns what is in the file.
func (r *Reader) File() *File { return &r.file }

// short reads an unsigned number of 2 bytes.
func short(b []byte) int { return int(binary.LittleEndian.Uint16(b)) }

// A blockReader walks the blocks of a file.
type blockReader struct {
	data    []byte
	pos     int // where the next block begins
	options ReaderOptions
	file    File
	global  []byte // the global colour table
	control Frame  // what the last graphic control extension says of the next frame
}

// noControl is what holds for a frame without a graphic control extension.
var noControl = Frame{Transparent: -1, Disposal: Keep}

// take returns the next n bytes of the file.
func (b *blockReader) take(n int, what string) ([]byte, error) {
	if n > len(b.data)-b.pos {
		return nil, truncated("end of file in %s", what)
	}
	b.pos += n
	return b.data[b.pos-n : b.pos], nil
}

// readBlocks reads from behind the global colour table to the trailer.
func (b *blockReader) readBlocks() error {
	zeros := false
	for b.pos < len(b.data) {
		if most := b.options.MaxFrames; most > 0 && len(b.file.Frames) > most {
			return nil
		}
		var err error
		switch block := b.data[b.pos]; block {
		case 0:
			if !zeros {
				err = b.options.tolerate("a zero at byte %d, where a block should begin", b.pos)
			}
			zeros = true
			b.pos++
		case BlockTrailer:
			return nil
		case BlockExtension:
			err = b.readExtension()
		case BlockImage:
			err = b.readImage()
		default:
			if b.isStill() {
				return b.options.tolerate("unknown block 0x%02x at byte %d, behind the picture", block, b.pos)
			}
			err = corrupt("unknown block 0x%02x at byte %d", block, b.pos)
		}
		if err != nil {
			return err
		}
	}
	if len(b.file.Frames) == 0 {
		return truncated("end of file before the first frame")
	}
	return b.options.tolerate("no trailer")
}

// isStill tells whether all of a still picture has been read: a frame, without an
// extension that says how often an animation is shown.
func (b *blockReader) isStill() bool { return len(b.file.Frames) == 1 && b.file.Plays == 1 }

// readExtension reads an extension block (sections 23 to 26). It skips all but the
// timing and the number of loops.
func (b *blockReader) readExtension() error {
	head, err := b.take(2, "an extension")
	if err != nil {
		return err
	}
	body := b.pos
	if !b.skipSubBlocks() {
		return truncated("end of file in an extension")
	}
	first := subBlock(b.data[body:])
	switch head[1] {
	case labelControl:
		return b.readControl(first)
	case labelApplication:
		if name := string(first); name == "NETSCAPE2.0" || name == "ANIMEXTS1.0" {
			b.readLoops(b.data[body+1+len(first) : b.pos])
		}
	}
	return nil
}

// skipSubBlocks skips data sub-blocks up to and with their terminator (section
// 15). It returns false if the file ends before it.
func (b *blockReader) skipSubBlocks() bool {
	for b.pos < len(b.data) {
		n := int(b.data[b.pos])
		b.pos += 1 + n
		if n == 0 {
			return true
		}
	}
	b.pos = len(b.data)
	return false
}

// subBlock returns the first sub-block of data; an empty one for the terminator.
func subBlock(data []byte) []byte {
	return data[1 : 1+int(data[0])]
}

// readControl reads a graphic control extension (section 23).
func (b *blockReader) readControl(body []byte) error {
	const size = 4
	if len(body) != size {
		if err := b.options.tolerate("a graphic control extension of %d bytes", len(body)); err != nil || len(body) < size {
			return err
		}
	}
	b.control = Frame{Transparent: -1, Delay: short(body[1:]), Disposal: Keep}
	if body[0]&1 != 0 {
		b.control.Transparent = int(body[3])
	}
	switch body[0] >> 2 & 7 {
	case 2:
		b.control.Disposal = Background
	case 3, 4: // some old programs write 4
		b.control.Disposal = Previous
	}
	return nil
}

// readLoops reads the sub-blocks of Netscape's extension. One that begins with 1
// says how often the animation is repeated, in 2 bytes.
func (b *blockReader) readLoops(data []byte) {
	for {
		body := subBlock(data)
		if len(body) == 0 {
			return
		}
		if len(body) >= 3 && body[0]&7 == 1 {
			b.file.Plays = 0
			if n := short(body[1:]); n > 0 {
				b.file.Plays = n + 1
			}
		}
		data = data[1+len(body):]
	}
}

// readImage reads a frame (sections 20 to 22), but does not unpack its pixels.
func (b *blockReader) readImage() error {
	n := len(b.file.Frames) + 1
	d, err := b.take(DescriptorSize, "an image descriptor")
	if err != nil {
		return err
	}
	f := b.control
	b.control = noControl
	f.Rect = image.Rect(0, 0, short(d[5:]), short(d[7:])).Add(image.Pt(short(d[1:]), short(d[3:])))
	f.interlaced = d[9]&0x40 != 0
	f.Palette = b.global
	local, err := b.take(TableSize(d[9]), "a colour table")
	if err != nil {
		return err
	}
	if len(local) > 0 {
		f.Palette = local
	}
	if len(f.Palette) == 0 {
		if err := b.options.tolerate("no colour table for frame %d", n); err != nil {
			return err
		}
	}
	if err := b.fitScreen(f.Rect); err != nil {
		return err
	}
	size, err := b.take(1, "a frame")
	if err != nil {
		return err
	}
	f.codeSize = int(size[0])
	begin := b.pos
	f.cut = !b.skipSubBlocks()
	f.data = b.data[begin:b.pos]
	b.file.Frames = append(b.file.Frames, f)
	return nil
}

// fitScreen enlarges the logical screen for the first frame.
func (b *blockReader) fitScreen(r image.Rectangle) error {
	n := len(b.file.Frames) + 1
	if r.Max.X <= b.file.Width && r.Max.Y <= b.file.Height {
		return nil
	}
	if n == 1 {
		b.file.Width, b.file.Height = max(b.file.Width, r.Max.X), max(b.file.Height, r.Max.Y)
	}
	return b.options.tolerate("frame %d reaches beyond the screen", n)
}

// Indices unpacks the pixels of frame i: palette indices, row by row from the top.
// They are valid until the next call. It takes up to 2 bytes of memory for a
// pixel.
//
// An index beyond the palette is possible. Colours has a colour for it.
func (r *Reader) Indices(i int) ([]uint8, error) {
	f := &r.file.Frames[i]
	w, h := f.Rect.Dx(), f.Rect.Dy()
	r.indices = resized(r.indices, w*h)
	if w*h == 0 {
		return r.indices, nil
	}
	if f.codeSize < 1 || f.codeSize > maxCodeSize {
		return nil, corrupt("minimum code size %d in frame %d", f.codeSize, i+1)
	}
	if f.codeSize == 1 || f.codeSize > 8 {
		if err := r.options.tolerate("minimum code size %d in frame %d", f.codeSize, i+1); err != nil {
			return nil, err
		}
	}
	r.packed = joinSubBlocks(r.packed[:0], f.data)
	n, more, err := unpack(r.indices, r.packed, f.codeSize)
	switch {
	case err != nil:
		return nil, corrupt("%v in frame %d, row %d of %d", err, i+1, n/w, h)
	case n < w*h && f.cut:
		return nil, truncated("frame %d ends in row %d of %d", i+1, n/w, h)
	case n < w*h:
		return nil, corrupt("the data of frame %d end in row %d of %d", i+1, n/w, h)
	case more:
		err = r.options.tolerate("more data than pixels in frame %d", i+1)
	}
	if err == nil {
		err = r.checkIndices(i)
	}
	if err != nil || !f.interlaced {
		return r.indices, err
	}
	r.rows = resized(r.rows, w*h)
	deinterlace(r.rows, r.indices, w, h)
	return r.rows, nil
}

// checkIndices tolerates indices beyond the palette of frame i.
func (r *Reader) checkIndices(i int) error {
	colours := len(r.file.Frames[i].Palette) / 3
	if colours == 0 || colours == 256 {
		return nil
	}
	for _, v := range r.indices {
		if int(v) >= colours {
			return r.options.tolerate("index %d beyond a palette of %d colours in frame %d", v, colours, i+1)
		}
	}
	return nil
}

// resized returns a slice of n bytes, in the memory of b if that is enough.
func resized(b []byte, n int) []byte {
	if n > cap(b) {
		return make([]byte, n)
	}
	return b[:n]
}

// joinSubBlocks appends what is in data sub-blocks to dst. The last sub-block may
// be cut off.
func joinSubBlocks(dst, data []byte) []byte {
	for len(data) > 0 && data[0] > 0 {
		end := min(1+int(data[0]), len(data))
		dst = append(dst, data[1:end]...)
		data = data[end:]
	}
	return dst
}

// deinterlace puts the rows of the four passes into their places (appendix E).
func deinterlace(dst, src []byte, w, h int) {
	for _, pass := range [4]struct{ first, step int }{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
		for y := pass.first; y < h; y += pass.step {
			copy(dst[y*w:][:w], src)
			src = src[w:]
		}
	}
}

// Colours returns red, green, blue and alpha for every index. The transparent
// index has four zeros. An index beyond the palette stands for a gray of that value,
// as in Pillow.
func (f *Frame) Colours() (table [256][4]uint8) {
	for i := range table {
		v := uint8(i)
		table[i] = [4]uint8{v, v, v, 255}
		if 3*i < len(f.Palette) {
			copy(table[i][:], f.Palette[3*i:3*i+3])
		}
	}
	if f.Transparent >= 0 {
		table[f.Transparent] = [4]uint8{}
	}
	return table
}
