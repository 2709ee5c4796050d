package pixel

import (
	"image"
	"image/color"
)

// lookUp replaces palette indices by the palette's colours: in one channel if
// the palette is gray, with alpha if a colour is not opaque.
func lookUp(m *image.Paletted) image.Image {
	var table [256]color.NRGBA
	layout := Layout{Width: m.Rect.Dx(), Height: m.Rect.Dy(), Channels: 1, Depth: 8}
	for i, c := range m.Palette {
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		table[i] = n
		if n.A != 255 {
			layout.Channels = max(layout.Channels, 2)
		}
		if n.A != 0 && (n.R != n.G || n.R != n.B) {
			layout.Channels = 4
		}
	}
	out := layout.NewImage()
	to := StorageOf(out)
	for y := range layout.Height {
		lookUpRow(to.Row(y, layout.Width), m.Pix[y*m.Stride:][:layout.Width], layout.Channels, &table)
	}
	return out
}

// lookUpRow writes pixels of 1, 2 or 4 channels.
func lookUpRow(dst, indices []uint8, channels int, table *[256]color.NRGBA) {
	switch channels {
	case 1:
		for x, i := range indices {
			dst[x] = table[i].R
		}
	case 2:
		for x, i := range indices {
			dst[2*x], dst[2*x+1] = table[i].R, table[i].A
		}
	default:
		for x, i := range indices {
			c := table[i]
			dst[4*x], dst[4*x+1], dst[4*x+2], dst[4*x+3] = c.R, c.G, c.B, c.A
		}
	}
}
