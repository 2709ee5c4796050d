package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"time"

	"golang.org/x/image/webp"

	"imgpipe/filters/animation"
	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
	"imgpipe/filters/vp8l"
)

// An animatedWebP is what the chunks of an animated WebP hold (RFC 9649, section 2.7).
type animatedWebP struct {
	canvas   image.Point
	plays    int // 0: for ever
	frames   []webpFrame
	metadata meta.Metadata
}

// A webpFrame is the body of an ANMF chunk (section 2.7.1.1).
type webpFrame struct {
	rect     image.Rectangle
	delay    time.Duration
	over     bool
	disposal animation.Disposal
	chunks   []byte // of the image
}

// Lengths of bodies, in bytes.
const (
	webpVP8X = 10
	webpANIM = 6
	webpANMF = 16 // before the chunks of the image
)

// isAnimatedWebP tells whether a file says that it is an animation.
func isAnimatedWebP(data []byte) bool {
	const flags = riffHeader + 8
	return len(data) > flags && string(data[riffHeader:][:4]) == "VP8X" && data[flags]&webpAnimation != 0
}

// decodeAnimatedWebP makes each frame of an animation what is seen of it, on a canvas
// that is transparent at first, as in browsers.
func decodeAnimatedWebP(data []byte, o DecodeOptions) (*Picture, error) {
	a, err := readAnimatedWebP(data, o.Limits.frames())
	if err != nil {
		return nil, err
	}
	if err := o.Limits.CheckFrames(len(a.frames)); err != nil {
		return nil, err
	}
	const size = 4 + 4 // of a pixel, and of what a filter makes of it
	if err := o.Limits.checkImage(a.canvas.X, a.canvas.Y, len(a.frames), size); err != nil {
		return nil, err
	}
	p := &Picture{Plays: a.plays}
	canvas := animation.NewCanvas(pixel.Layout{Width: a.canvas.X, Height: a.canvas.Y, Channels: 4, Depth: 8})
	for i := range a.frames {
		f := &a.frames[i]
		m, err := f.decode(o)
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", i+1, err)
		}
		seen := canvas.Draw(animation.Patch{Image: m, At: f.rect.Min, Over: f.over, Disposal: f.disposal})
		p.Frames = append(p.Frames, Frame{Image: seen, Delay: f.delay})
	}
	return p, setMetadata(p.Frames, a.metadata, o.Limits)
}

// readAnimatedWebP reads the chunks of a file. It reads at most most+1 frames.
func readAnimatedWebP(data []byte, most int) (*animatedWebP, error) {
	if int64(len(data)) < 8+int64(binary.LittleEndian.Uint32(data[4:])) {
		return nil, io.ErrUnexpectedEOF
	}
	a := &animatedWebP{}
	for data := data[riffHeader:][:max(0, int64(binary.LittleEndian.Uint32(data[4:]))-4)]; len(data) >= 8; {
		kind, body, rest, err := nextChunk(data)
		if err != nil {
			return nil, err
		}
		switch kind {
		case "VP8X":
			if len(body) < webpVP8X {
				return nil, errors.New("a short VP8X chunk")
			}
			a.canvas = image.Pt(1+uint24(body[4:]), 1+uint24(body[7:]))
		case "ANIM":
			if len(body) < webpANIM {
				return nil, errors.New("a short ANIM chunk")
			}
			a.plays = int(binary.LittleEndian.Uint16(body[4:]))
		case "ANMF":
			if err := a.addFrame(body); err != nil {
				return nil, err
			}
			if len(a.frames) > most {
				return a, nil
			}
		default:
			takeWebPMetadata(&a.metadata, kind, body)
		}
		data = rest
	}
	if len(a.frames) == 0 {
		return nil, errors.New("an animation without frames")
	}
	a.metadata.UseEXIFResolution()
	return a, nil
}

// nextChunk returns the first chunk of data, at least 8 bytes, and what follows.
func nextChunk(data []byte) (kind string, body, rest []byte, err error) {
	n := int64(binary.LittleEndian.Uint32(data[4:]))
	if n > int64(len(data)-8) {
		return "", nil, nil, io.ErrUnexpectedEOF
	}
	return string(data[:4]), data[8 : 8+n], data[min(8+n+n&1, int64(len(data))):], nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// addFrame adds the frame of an ANMF chunk.
func (a *animatedWebP) addFrame(body []byte) error {
	if len(body) < webpANMF {
		return errors.New("a short ANMF chunk")
	}
	const dispose, replace = 1 << 0, 1 << 1
	at := image.Pt(2*uint24(body), 2*uint24(body[3:]))
	f := webpFrame{
		rect:   image.Rectangle{Min: at, Max: at.Add(image.Pt(1+uint24(body[6:]), 1+uint24(body[9:])))},
		delay:  time.Duration(uint24(body[12:])) * time.Millisecond,
		over:   body[15]&replace == 0,
		chunks: body[webpANMF:],
	}
	if body[15]&dispose != 0 {
		f.disposal = animation.Background
	}
	if !f.rect.In(image.Rectangle{Max: a.canvas}) {
		return fmt.Errorf("frame %d at %v lies beyond the canvas of %d x %d", len(a.frames)+1, f.rect, a.canvas.X, a.canvas.Y)
	}
	a.frames = append(a.frames, f)
	return nil
}

// decode decodes a frame by the rules of a file of one image, where the frame stands for
// VP8X.
func (f *webpFrame) decode(o DecodeOptions) (*image.NRGBA, error) {
	size := f.rect.Size()
	file := &webpFile{vp8x: bytes.Join([][]byte{{webpAlpha, 0, 0, 0}, put24(size.X - 1), put24(size.Y - 1)}, nil)}
	if err := file.readChunks(f.chunks); err != nil {
		return nil, err
	}
	if file.kind == "VP8L" || file.alph == nil {
		file.vp8x = nil
	}
	if err := file.tolerate(o); err != nil {
		return nil, err
	}
	c, err := webp.DecodeConfig(file.plain())
	if err != nil {
		return nil, err
	}
	if c.Width != size.X || c.Height != size.Y {
		return nil, fmt.Errorf("an image of %d x %d for %d x %d pixels", c.Width, c.Height, size.X, size.Y)
	}
	m, err := file.decode()
	if err != nil {
		return nil, err
	}
	return pixel.ToNRGBA(m), nil
}

func put24(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n))[:3] }

// encodeAnimatedWebP writes each frame as the rectangle that changes, which replaces
// what is there.
func encodeAnimatedWebP(w io.Writer, p *Picture, o EncodeOptions) error {
	size := p.Frames[0].Image.Bounds().Size()
	canvas := image.Rectangle{Max: size}
	cost := int64(0)
	err := eachWebPPatch(p, func(_ int, _ *image.NRGBA, r image.Rectangle) error {
		// Each frame takes this memory in turn. All together bound the time.
		cost += webpCost * int64(r.Dx()) * int64(r.Dy())
		return o.Limits.CheckMemory(cost)
	})
	if err != nil {
		return err
	}
	var body bytes.Buffer
	plays := binary.LittleEndian.AppendUint16(nil, uint16(min(p.Plays, 1<<16-1)))
	riffChunk(&body, "ANIM", []byte{0, 0, 0, 0}, plays) // on a transparent background
	flags := byte(webpAnimation)
	time := clock{unit: webpTick}
	err = eachWebPPatch(p, func(i int, m *image.NRGBA, r image.Rectangle) error {
		const replace = 1 << 1
		patch := m.Pix[m.PixOffset(r.Min.X, r.Min.Y):]
		chunk, err := vp8lChunk(vp8l.Header{Width: r.Dx(), Height: r.Dy(), Channels: 4}, func(y int) []byte {
			return patch[y*m.Stride:][:4*r.Dx()]
		})
		if err != nil {
			return err
		}
		if !pixel.Opaque(m) {
			flags |= webpAlpha
		}
		delay := time.ticks(p.Frames[i].Delay, 1<<24-1)
		riffChunk(&body, "ANMF", put24(r.Min.X/2), put24(r.Min.Y/2), put24(r.Dx()-1), put24(r.Dy()-1), put24(delay), []byte{replace}, chunk)
		return nil
	})
	if err != nil {
		return err
	}
	return writeWebP(w, body.Bytes(), canvas.Max, flags, &p.Frames[0].Meta)
}

// webpTick is the unit of a WebP's delays.
const webpTick = time.Millisecond

// eachWebPPatch calls f for each frame and the rectangle of it that changes, whose
// corner has even coordinates, as the format needs it.
func eachWebPPatch(p *Picture, f func(i int, m *image.NRGBA, r image.Rectangle) error) error {
	var before *image.NRGBA
	for i := range p.Frames {
		m := before
		if i == 0 || p.Frames[i].Image != p.Frames[i-1].Image {
			m = pixel.ToNRGBA(p.Frames[i].Image)
		}
		r := m.Rect
		if i > 0 {
			if m.Rect != before.Rect {
				return errDifferentSizes
			}
			r = animation.Changed(before, m)
			r.Min = image.Pt(r.Min.X&^1, r.Min.Y&^1)
		}
		if r.Empty() {
			r = image.Rect(0, 0, 1, 1)
		}
		if err := f(i, m, r); err != nil {
			return err
		}
		before = m
	}
	return nil
}
