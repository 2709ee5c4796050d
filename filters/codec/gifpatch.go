package codec

import (
	"image"

	"imgpipe/filters/animation"
	"imgpipe/filters/gif"
	"imgpipe/filters/pixel"
)

// A gifPatch is what a GIF stores of a frame.
type gifPatch struct {
	rect     image.Rectangle
	whole    *image.NRGBA // of rect: all pixels, each of them opaque or transparent
	changed  *image.NRGBA // of rect: those that change; the others are transparent
	holes    bool         // changed has transparent pixels
	disposal gif.Disposal
}

// eachGIFPatch calls f for what a GIF stores of each frame. The patch is valid
// during the call.
//
// No frame can make a pixel transparent. So a frame is wiped after it was shown if a
// pixel that is seen then is transparent in the next frame.
func eachGIFPatch(p *Picture, screen image.Point, f func(i int, t *gifPatch) error) error {
	bounds := image.Rectangle{Max: screen}
	var before *image.NRGBA // what is on the screen
	var memory []uint8      // of the changed pixels
	frame := onScreen(p.Frames[0].Image, bounds)
	for i := range p.Frames {
		next := frame
		if i+1 < len(p.Frames) && p.Frames[i+1].Image != p.Frames[i].Image {
			next = onScreen(p.Frames[i+1].Image, bounds)
		}
		t := gifPatch{rect: bounds, disposal: gif.Keep}
		if i > 0 {
			t.rect = animation.Changed(before, frame)
		}
		if gone := vanishing(frame, next); !gone.Empty() {
			t.rect, t.disposal = t.rect.Union(gone), gif.Background
		}
		if t.rect.Empty() {
			t.rect = image.Rect(0, 0, 1, 1)
		}
		t.whole = frame.SubImage(t.rect).(*image.NRGBA)
		if i == 0 {
			t.changed, t.holes = frame, !pixel.Opaque(frame)
		} else {
			if n := 4 * t.rect.Dx() * t.rect.Dy(); n > len(memory) {
				memory = make([]uint8, n)
			}
			t.changed = &image.NRGBA{Pix: memory, Stride: 4 * t.rect.Dx(), Rect: image.Rectangle{Max: t.rect.Size()}}
			t.holes = changedPixels(t.changed, before.SubImage(t.rect).(*image.NRGBA), t.whole)
		}
		if err := f(i, &t); err != nil {
			return err
		}
		if before = frame; t.disposal == gif.Background {
			before = wiped(frame, t.rect)
		}
		frame = next
	}
	return nil
}

// wiped returns a copy of an image in which a rectangle is transparent.
func wiped(m *image.NRGBA, r image.Rectangle) *image.NRGBA {
	out := image.NewNRGBA(m.Rect)
	copy(out.Pix, m.Pix)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		clear(out.Pix[out.PixOffset(r.Min.X, y):out.PixOffset(r.Max.X, y)])
	}
	return out
}

// onScreen returns an image with the given bounds whose pixels are opaque, or four
// zeros.
func onScreen(m image.Image, bounds image.Rectangle) *image.NRGBA {
	n := pixel.ToNRGBA(m)
	if n.Rect == bounds && n.Stride == 4*n.Rect.Dx() && pixel.Opaque(n) {
		return n
	}
	out := image.NewNRGBA(bounds)
	for y := range n.Rect.Dy() {
		src, dst := n.Pix[y*n.Stride:][:4*n.Rect.Dx()], out.Pix[y*out.Stride:]
		for i := 0; i < len(src); i += 4 {
			if src[i+3] >= 128 {
				copy(dst[i:i+3], src[i:i+3])
				dst[i+3] = 255
			}
		}
	}
	return out
}

// vanishing returns the smallest rectangle around the pixels that are opaque in m
// and transparent in next.
func vanishing(m, next *image.NRGBA) image.Rectangle {
	var all image.Rectangle
	if m == next || pixel.Opaque(next) {
		return all
	}
	for y := range m.Rect.Dy() {
		from, to := m.Pix[y*m.Stride:][:m.Stride], next.Pix[y*next.Stride:][:next.Stride]
		first, last := -1, 0
		for i := 3; i < len(from); i += 4 {
			if from[i] > to[i] {
				if first < 0 {
					first = i / 4
				}
				last = i/4 + 1
			}
		}
		if first >= 0 {
			all = all.Union(image.Rect(first, y, last, y+1))
		}
	}
	return all
}

// changedPixels copies the pixels of m to dst, and makes those transparent that are
// the same in before. It tells whether dst has transparent pixels.
func changedPixels(dst, before, m *image.NRGBA) (holes bool) {
	w := m.Rect.Dx()
	for y := range m.Rect.Dy() {
		old, src, out := before.Pix[y*before.Stride:][:4*w], m.Pix[y*m.Stride:][:4*w], dst.Pix[y*dst.Stride:][:4*w]
		for i := 0; i+4 <= len(out); i += 4 {
			v := *(*[4]uint8)(src[i:])
			if v == *(*[4]uint8)(old[i:]) {
				v, holes = [4]uint8{}, true
			}
			*(*[4]uint8)(out[i:]) = v
		}
	}
	return holes
}
