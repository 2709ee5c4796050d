package filters

import "image"

// samples are an image as rows of interleaved samples, big-endian, the way PNG
// and TIFF store them.
type samples struct {
	width, height int
	channels      int                // 1: gray, 2: gray and alpha, 3: RGB, 4: RGB and alpha
	depth         int                // bits of a sample: 8 or 16
	row           func(y int) []byte // valid until the next call
}

// pixelSize is the number of bytes of a pixel.
func (s samples) pixelSize() int { return s.channels * s.depth / 8 }

// samplesOf reads a Frame's image; alpha that lets nothing through is left out.
func samplesOf(m image.Image) samples {
	m = toRGB(m)
	r := rasterOf(m)
	s := samples{width: m.Bounds().Dx(), height: m.Bounds().Dy(), channels: r.size, depth: r.depth}
	full := s.pixelSize()
	s.row = func(y int) []byte { return r.pix[y*r.stride:][:s.width*full] }
	if s.channels%2 == 0 && opaque(m) {
		s.channels--
		part, stored, row := s.pixelSize(), s.row, make([]byte, s.width*s.pixelSize())
		s.row = func(y int) []byte {
			src := stored(y)
			for i, j := 0, 0; i < len(row); i, j = i+part, j+full {
				copy(row[i:i+part], src[j:j+part])
			}
			return row
		}
	}
	return s
}
