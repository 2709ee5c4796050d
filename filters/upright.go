package filters

import "image"

// turnUpright turns the pixels the way that the EXIF orientation says they are
// shown, and resets it.
func (p *Picture) turnUpright() {
	for i, f := range p.Frames {
		if o := p.metaOf(i).Orientation; o > 1 {
			p.Frames[i].Image = upright(f.Image, o)
		}
	}
	for i := range p.Frames {
		if m := p.metaOf(i); m.Orientation > 1 {
			m.setUpright()
			size := p.Frames[i].Image.Bounds()
			m.setSize(size.Dx(), size.Dy())
		}
	}
}

// upright turns an image stored with an EXIF orientation of 2 to 8. Luma and
// chroma stay apart where the turned samples lie on the turned pixels.
func upright(m image.Image, orientation int) image.Image {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	outW, outH := w, h
	if orientation >= 5 {
		outW, outH = h, w
	}
	if y, ok := m.(*image.YCbCr); ok {
		if ratio, ok := turnedRatio(y, orientation); ok {
			out := image.NewYCbCr(image.Rect(0, 0, outW, outH), ratio)
			fx, fy := samplingFactors(y.SubsampleRatio)
			cw, ch := (w+fx-1)/fx, (h+fy-1)/fy
			turn(out.Y, y.Y, y.YStride, w, h, 1, orientation)
			turn(out.Cb, y.Cb, y.CStride, cw, ch, 1, orientation)
			turn(out.Cr, y.Cr, y.CStride, cw, ch, 1, orientation)
			return out
		}
		m = rgbOf(y)
	}
	from := rasterOf(m)
	out, to := from.blank(outW, outH)
	turn(to.pix, from.pix, from.stride, w, h, from.pixelBytes(), orientation)
	return out
}

// turnedRatio is the chroma's sampling after a turn; false if there is none, or
// if a side that becomes the first isn't a multiple of what a sample covers.
func turnedRatio(m *image.YCbCr, orientation int) (image.YCbCrSubsampleRatio, bool) {
	ratio := m.SubsampleRatio
	fx, fy := samplingFactors(ratio)
	if m.Rect.Dx()%fx != 0 || m.Rect.Dy()%fy != 0 {
		return 0, false
	}
	if orientation < 5 {
		return ratio, true
	}
	switch ratio {
	case image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio420:
		return ratio, true
	case image.YCbCrSubsampleRatio422:
		return image.YCbCrSubsampleRatio440, true
	case image.YCbCrSubsampleRatio440:
		return image.YCbCrSubsampleRatio422, true
	}
	return 0, false
}

// turn copies w x h pixels of size bytes to where an orientation puts them.
// The table is CIPA DC-008's: where row 0 and column 0 of what is stored are
// when it's shown.
func turn(dst, src []uint8, srcStride, w, h, size, orientation int) {
	dstW := w
	if orientation >= 5 {
		dstW = h
	}
	for y := range h {
		for x := range w {
			dx, dy := x, y
			switch orientation {
			case 2: // top, right
				dx = w - 1 - x
			case 3: // bottom, right
				dx, dy = w-1-x, h-1-y
			case 4: // bottom, left
				dy = h - 1 - y
			case 5: // left, top
				dx, dy = y, x
			case 6: // right, top
				dx, dy = h-1-y, x
			case 7: // right, bottom
				dx, dy = h-1-y, w-1-x
			case 8: // left, bottom
				dx, dy = y, w-1-x
			}
			copy(dst[(dy*dstW+dx)*size:][:size], src[y*srcStride+x*size:][:size])
		}
	}
}
