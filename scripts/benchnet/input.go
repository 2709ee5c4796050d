package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"

	"imgpipe/scripts/bench/picture"
)

// An input is a picture that is sent, and what tells a right answer.
type input struct {
	*picture.Picture
	data  []byte
	small *image.Gray // of half its size, by averages
}

func newInput(p *picture.Picture) (*input, error) {
	data, err := os.ReadFile(p.Path)
	if err != nil {
		return nil, err
	}
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	luma, ok := m.(*image.YCbCr)
	if !ok {
		return nil, fmt.Errorf("%s: want a JPEG in colour", p.Path)
	}
	small := image.NewGray(image.Rect(0, 0, (p.Width+1)/2, (p.Height+1)/2))
	for y := range small.Rect.Dy() {
		for x := range small.Rect.Dx() {
			sum, n := 0, 0
			for _, at := range []image.Point{{2 * x, 2 * y}, {2*x + 1, 2 * y}, {2 * x, 2*y + 1}, {2*x + 1, 2*y + 1}} {
				if at.In(luma.Rect) {
					sum += int(luma.Y[luma.YOffset(at.X, at.Y)])
					n++
				}
			}
			small.Pix[small.PixOffset(x, y)] = uint8(sum / n)
		}
	}
	return &input{p, data, small}, nil
}

// check looks at the first answer to a work: those that follow must be the same.
func (in *input) check(work string, answer []byte) error {
	if work == "copy" {
		if !bytes.Equal(answer, in.data) {
			return fmt.Errorf("%d bytes came back of %d, or others", len(answer), len(in.data))
		}
		return nil
	}
	m, err := jpeg.Decode(bytes.NewReader(answer))
	if err != nil {
		return err
	}
	// Some round half a pixel down.
	if got, want := m.Bounds(), in.small.Rect; got.Dx() != want.Dx() && got.Dx() != in.Width/2 || got.Dy() != want.Dy() && got.Dy() != in.Height/2 {
		return fmt.Errorf("the answer is %v, want %v", got, want)
	}
	colours, off := 0, 0
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			c := m.At(x, y)
			if r, g, b, _ := c.RGBA(); max(r, g, b)-min(r, g, b) > 8<<8 {
				colours++
			}
			d := int(color.GrayModel.Convert(c).(color.Gray).Y) - int(in.small.GrayAt(x, y).Y)
			off += max(d, -d)
		}
	}
	pixels := m.Bounds().Dx() * m.Bounds().Dy()
	switch {
	case work == "pipe" && colours > 0:
		return fmt.Errorf("the answer has %d pixels that aren't gray", colours)
	case work == "half" && colours < pixels/100:
		return fmt.Errorf("the answer has no colours")
	case off > 20*pixels: // other grays, and other kernels, are off by less
		return fmt.Errorf("the answer is off by %d of 255", off/pixels)
	}
	return nil
}
