package jpegdct

// Planes are a picture as its components' samples.
type Planes struct {
	Width, Height int // of the picture, in pixels
	ColorSpace    ColorSpace
	Adobe         bool // CMYK and YCCK samples are inverted
	Planes        []Plane
}

// A Plane is one component: samples of 8 bits, row by row.
type Plane struct {
	Width, Height int // in samples
	Stride        int // from one row to the next, at least Width
	Pix           []byte
	H, V          int         // sampling factors: it has H/Hmax of the picture's width, rounded up
	Quant         *QuantTable // from Decode: the source's; for Encode: what to use
}

// scaledSize gives a length in samples at k/8, rounded up as libjpeg does.
func scaledSize(n, k int) int { return ceilDiv(n*k, 8) }
