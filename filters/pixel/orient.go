package pixel

import "image"

// Orient turns an image that is stored with an EXIF orientation of 1 to 8 the
// way that it is to be seen. Luma and chroma stay apart where the turned chroma
// samples lie on the turned pixels; else the result is RGB.
func Orient(m image.Image, orientation int) image.Image {
	if orientation <= 1 {
		return m
	}
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	outW, outH := w, h
	if orientation >= 5 {
		outW, outH = h, w
	}
	if y, ok := m.(*image.YCbCr); ok {
		if ratio, ok := orientedRatio(y, orientation); ok {
			out := image.NewYCbCr(image.Rect(0, 0, outW, outH), ratio)
			fx, fy := SamplingFactors(y.SubsampleRatio)
			cw, ch := (w+fx-1)/fx, (h+fy-1)/fy
			orient(out.Y, y.Y, y.YStride, w, h, 1, orientation)
			orient(out.Cb, y.Cb, y.CStride, cw, ch, 1, orientation)
			orient(out.Cr, y.Cr, y.CStride, cw, ch, 1, orientation)
			return out
		}
		m = ToRGB(m)
	}
	from := StorageOf(m)
	out, to := from.New(outW, outH)
	orient(to.Pix, from.Pix, from.Stride, w, h, from.PixelBytes(), orientation)
	return out
}

// orientedRatio returns the chroma's sampling after the turn. It returns false
// if the standard library has no such sampling, or if the last chroma sample of
// a row or column covers fewer pixels than the others.
func orientedRatio(m *image.YCbCr, orientation int) (image.YCbCrSubsampleRatio, bool) {
	ratio := m.SubsampleRatio
	fx, fy := SamplingFactors(ratio)
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

// orient copies w x h pixels of size bytes to where an orientation puts them.
// The comments are from CIPA DC-008, table 6: where row 0 and column 0 of the
// stored pixels are seen.
func orient(dst, src []uint8, srcStride, w, h, size, orientation int) {
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
