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

// An input is a picture to send, with what is needed to check the answers.
type input struct {
	*picture.Picture
	data  []byte
	small *image.Gray // luma at half the width and height, by averages
}

// newInput reads a colour JPEG.
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
		return nil, fmt.Errorf("%s is not a JPEG in colour", p.Path)
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

// check checks the first answer to a work. The answers that follow are compared with the
// first.
func (in *input) check(work string, answer []byte) error {
	if work == "copy" {
		if !bytes.Equal(answer, in.data) {
			return fmt.Errorf("the copy has %d bytes and differs from the %d bytes sent", len(answer), len(in.data))
		}
		return nil
	}
	m, err := jpeg.Decode(bytes.NewReader(answer))
	if err != nil {
		return err
	}
	// Some contenders round half a pixel down.
	if got, want := m.Bounds(), in.small.Rect; got.Dx() != want.Dx() && got.Dx() != in.Width/2 || got.Dy() != want.Dy() && got.Dy() != in.Height/2 {
		return fmt.Errorf("the size of the answer is %v, want %v", got, want)
	}
	coloured, difference := 0, 0
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			c := m.At(x, y)
			if r, g, b, _ := c.RGBA(); max(r, g, b)-min(r, g, b) > 8<<8 {
				coloured++
			}
			d := int(color.GrayModel.Convert(c).(color.Gray).Y) - int(in.small.GrayAt(x, y).Y)
			difference += max(d, -d)
		}
	}
	pixels := m.Bounds().Dx() * m.Bounds().Dy()
	switch {
	case work == "pipe" && coloured > 0:
		return fmt.Errorf("the answer has %d pixels that are not gray", coloured)
	case work == "half" && coloured < pixels/100:
		return fmt.Errorf("the answer has no colours")
	case difference > 20*pixels: // another kernel or another definition of gray differs less
		return fmt.Errorf("the luma of the answer is wrong by %d of 255 on average", difference/pixels)
	}
	return nil
}
