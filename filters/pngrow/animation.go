package pngrow

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"io"
)

// A FrameControl says where and how long a frame of an animation is shown (fcTL,
// section 11.3.6.2).
type FrameControl struct {
	Rect     image.Rectangle // on the canvas, which has the size of the image
	DelayNum uint16          // the delay is DelayNum / DelayDen seconds
	DelayDen uint16          // 0 means 100
	Dispose  uint8           // what becomes of the frame before the next one: DisposeNone, ...
	Over     bool            // the frame is blended with what is on the canvas; if not, it replaces that
}

// Values of FrameControl.Dispose.
const (
	DisposeNone       = 0 // the frame stays
	DisposeBackground = 1 // its rectangle becomes transparent
	DisposePrevious   = 2 // what was there before the frame comes back
)

// An Animation is what the chunks of an animated PNG hold besides the still image.
type Animation struct {
	Plays  int // how often the animation is shown; 0: for ever
	Frames []AnimationFrame

	head []byte // the signature and the chunks that all frames have in common
}

// An AnimationFrame is a frame with its image data.
type AnimationFrame struct {
	FrameControl
	Still bool // the frame is the still image, which has its own Reader

	parts [][]byte // of the zlib stream
}

// controlSize is the length of the data of an fcTL chunk in bytes.
const controlSize = 26

// maxPalette is the length of the longest palette in bytes.
const maxPalette = 3 * 256

// ReadAnimation reads the chunks of a whole file that a Reader has read without an
// error. It returns no frames if the file has no animation, and at most most+1
// frames. It keeps data, and copies none of it.
//
// A still image that is not shown in the animation is left out (section 11.3.6.1).
// The errors wrap ErrCorrupt.
func ReadAnimation(data []byte, most int) (*Animation, error) {
	a := &Animation{}
	var canvas image.Rectangle
	announced, sequence := uint32(0), uint32(0)
	check := func(kind string, chunk []byte, size int) error {
		body, end := chunk[8:len(chunk)-4], len(chunk)-4
		if len(body) < size {
			return corrupt("invalid length %d of the %s chunk", len(body), kind)
		}
		if crc32.ChecksumIEEE(chunk[4:end]) != binary.BigEndian.Uint32(chunk[end:]) {
			return corrupt("wrong CRC of the %s chunk", kind)
		}
		if n := binary.BigEndian.Uint32(body); kind != "acTL" && n != sequence {
			return corrupt("%s chunk number %d where number %d is expected", kind, n, sequence)
		}
		return nil
	}
	for rest := data[len(signature):]; len(rest) >= 12 && len(a.Frames) <= most; {
		n := min(int(binary.BigEndian.Uint32(rest)), len(rest)-12)
		chunk, kind, body := rest[:12+n], string(rest[4:8]), rest[8:8+n]
		rest = rest[12+n:]
		var err error
		switch kind {
		case "IHDR":
			canvas.Max = image.Pt(int(binary.BigEndian.Uint32(body)), int(binary.BigEndian.Uint32(body[4:])))
			a.head = append([]byte(signature), chunk...)
		case "PLTE", "tRNS":
			if n <= maxPalette { // no other is used
				a.head = append(a.head, chunk...)
			}
		case "acTL":
			if err = check(kind, chunk, 8); err == nil {
				announced, a.Plays = binary.BigEndian.Uint32(body), int(binary.BigEndian.Uint32(body[4:]))
			}
		case "fcTL":
			if err = check(kind, chunk, controlSize); err == nil {
				err = a.addFrame(body, canvas)
			}
			sequence++
		case "IDAT":
			if i := len(a.Frames) - 1; i >= 0 {
				a.Frames[i].Still = true
			}
		case "fdAT":
			if len(a.Frames) == 0 {
				return nil, corrupt("fdAT chunk without an fcTL chunk")
			}
			if err = check(kind, chunk, 4); err == nil {
				last := &a.Frames[len(a.Frames)-1]
				last.parts = append(last.parts, body[4:])
			}
			sequence++
		case "IEND":
			rest = nil
		}
		if err != nil {
			return nil, err
		}
	}
	if n := len(a.Frames); n > 0 && n < most && uint32(n) != announced {
		return nil, corrupt("%d frames, but %d are announced", n, announced)
	}
	return a, nil
}

// addFrame adds the frame of an fcTL chunk.
func (a *Animation) addFrame(body []byte, canvas image.Rectangle) error {
	n := func(at int) int { return int(binary.BigEndian.Uint32(body[at:])) }
	f := FrameControl{
		Rect:     image.Rect(0, 0, n(4), n(8)).Add(image.Pt(n(12), n(16))),
		DelayNum: binary.BigEndian.Uint16(body[20:]),
		DelayDen: binary.BigEndian.Uint16(body[22:]),
		Dispose:  body[24],
		Over:     body[25] == 1,
	}
	if f.Rect.Empty() || !f.Rect.In(canvas) {
		return corrupt("frame %d is at %v, beyond the image", len(a.Frames)+1, f.Rect)
	}
	a.Frames = append(a.Frames, AnimationFrame{FrameControl: f})
	return nil
}

// FrameReader returns a Reader of frame i: that of a PNG with the frame's size and
// image data. The frame must not be Still.
func (a *Animation) FrameReader(i int) (*Reader, error) {
	f := &a.Frames[i]
	file := bytes.Clone(a.head)
	ihdr := file[len(signature)+4:] // from the type on
	binary.BigEndian.PutUint32(ihdr[4:], uint32(f.Rect.Dx()))
	binary.BigEndian.PutUint32(ihdr[8:], uint32(f.Rect.Dy()))
	binary.BigEndian.PutUint32(ihdr[17:], crc32.ChecksumIEEE(ihdr[:17]))
	readers := []io.Reader{bytes.NewReader(file)}
	add := func(kind string, data []byte) {
		head, crc := chunkEnds(kind, data)
		readers = append(readers, bytes.NewReader(head), bytes.NewReader(data), bytes.NewReader(crc))
	}
	for _, part := range f.parts {
		add("IDAT", part)
	}
	add("IEND", nil)
	return NewReader(io.MultiReader(readers...), ReaderOptions{})
}
