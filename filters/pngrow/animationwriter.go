package pngrow

import (
	"bytes"
	"encoding/binary"
	"io"
)

// An AnimationWriter encodes an animated PNG. [NewAnimationWriter] writes the header,
// the embedded [Writer] takes the rows of the still image, which is the first frame,
// WriteFrame takes each other frame, and Close writes the rest. It holds the encoded
// frames in memory up to Close.
type AnimationWriter struct {
	*Writer
	sequence uint32
	after    []Chunk // of the frames behind the still image
}

// NewAnimationWriter is NewWriter for the given number of frames, which are shown
// plays times, or for ever if plays is 0. Of first it needs the delay and Dispose.
func NewAnimationWriter(w io.Writer, h Header, frames, plays int, first FrameControl) (*AnimationWriter, error) {
	first.Rect.Max.X, first.Rect.Max.Y = h.Width, h.Height
	control := binary.BigEndian.AppendUint32(nil, uint32(frames))
	control = binary.BigEndian.AppendUint32(control, uint32(plays))
	h.Chunks = append(h.Chunks[:len(h.Chunks):len(h.Chunks)], Chunk{"acTL", control}, Chunk{"fcTL", first.data(0)})
	e, err := NewWriter(w, h)
	if err != nil {
		return nil, err
	}
	return &AnimationWriter{Writer: e, sequence: 1}, nil
}

// WriteFrame takes a frame, whose rows row gives from the top. They have the colour
// type and the bit depth of the still image.
func (e *AnimationWriter) WriteFrame(f FrameControl, row func(y int) []byte) error {
	h := e.header
	h.Width, h.Height, h.Chunks = f.Rect.Dx(), f.Rect.Dy(), nil
	var file bytes.Buffer
	frame, err := NewWriter(&file, h)
	if err != nil {
		return err
	}
	for y := range h.Height {
		if err := frame.WriteRow(row(y)); err != nil {
			return err
		}
	}
	if err := frame.Close(); err != nil {
		return err
	}
	e.add("fcTL", f.data(e.sequence))
	for chunks := file.Bytes()[len(signature):]; len(chunks) > 0; {
		n := int(binary.BigEndian.Uint32(chunks))
		if string(chunks[4:8]) == "IDAT" {
			e.add("fdAT", append(binary.BigEndian.AppendUint32(nil, e.sequence), chunks[8:8+n]...))
		}
		chunks = chunks[12+n:]
	}
	return nil
}

// add adds a chunk that has a sequence number.
func (e *AnimationWriter) add(kind string, data []byte) {
	e.after = append(e.after, Chunk{kind, data})
	e.sequence++
}

// Close is the Close of Writer.
func (e *AnimationWriter) Close() error { return e.Writer.Close(e.after...) }

// data returns the data of an fcTL chunk.
func (f *FrameControl) data(sequence uint32) []byte {
	data := binary.BigEndian.AppendUint32(nil, sequence)
	for _, v := range [4]int{f.Rect.Dx(), f.Rect.Dy(), f.Rect.Min.X, f.Rect.Min.Y} {
		data = binary.BigEndian.AppendUint32(data, uint32(v))
	}
	data = binary.BigEndian.AppendUint16(data, f.DelayNum)
	data = binary.BigEndian.AppendUint16(data, f.DelayDen)
	over := byte(0)
	if f.Over {
		over = 1
	}
	return append(data, f.Dispose, over)
}
