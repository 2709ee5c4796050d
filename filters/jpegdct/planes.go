package jpegdct

// Planes are the samples of the components of a picture.
type Planes struct {
	Width, Height int // of the picture in pixels
	ColorSpace    ColorSpace
	Adobe         bool    // the file has an Adobe segment
	Planes        []Plane // by component
}

// A Plane has the samples of a component, 8 bits each, row by row. Its size is that of
// the picture times H/Hmax and V/Vmax, rounded up (T.81, A.1.1).
type Plane struct {
	Width, Height int // in samples
	Stride        int // distance between rows in Pix, at least Width
	Pix           []byte
	H, V          int         // sampling factors, 1..4
	Quant         *QuantTable // Decode: the table of the source; Encode: the table to use, or nil
}

// scaledSize returns a length of n scaled by k/8, rounded up as in libjpeg.
func scaledSize(n, k int) int { return ceilDiv(n*k, 8) }
