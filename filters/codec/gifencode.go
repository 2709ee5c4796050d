package codec

import (
	"image"
	"io"

	"imgpipe/filters/gif"
	"imgpipe/filters/pixel"
)

// encodeGIF writes each frame of an animation as the rectangle that changes, with
// what stays the same left transparent where that takes fewer bytes. It uses the
// global colour table for as many frames as it can.
func encodeGIF(w io.Writer, p *Picture, o EncodeOptions) error {
	var screen image.Point
	for _, f := range p.Frames { // the pages of a TIFF may differ in size
		size := f.Image.Bounds().Size()
		screen.X, screen.Y = max(screen.X, size.X), max(screen.Y, size.Y)
	}
	size := int64(4 + 4) // of a pixel: the frame; its indices and what they are packed to
	if len(p.Frames) > 1 {
		size += 3*4 + 4 // the frames before and after, what changes, another way to pack it
	}
	if err := o.Limits.CheckMemory(int64(screen.X) * int64(screen.Y) * size); err != nil {
		return err
	}
	plays := p.Plays
	if len(p.Frames) == 1 {
		plays = 1
	}
	palettes := chooseGIFPalettes(p, screen)
	e, err := gif.NewWriter(w, screen.X, screen.Y, plays, palettes.global.RGB)
	if err != nil {
		return err
	}
	time := clock{unit: gifTick}
	err = eachGIFPatch(p, screen, func(i int, t *gifPatch) error {
		f := gif.Frame{Rect: t.rect, Transparent: -1, Delay: time.ticks(p.Frames[i].Delay, 1<<16-1), Disposal: t.disposal}
		return palettes.writeFrame(e, &f, t, palettes.own[i])
	})
	if err != nil {
		return err
	}
	return e.Close()
}

// gifPalettes are the palettes of a GIF.
type gifPalettes struct {
	global *pixel.Palette // of the frames that have no palette of their own
	hole   int            // the transparent index of global; -1: there is none
	own    []bool         // by frame: it has a palette of its own
	all    bool           // global has every colour of every frame
}

// chooseGIFPalettes decides which frames share a palette. If all frames have few
// enough colours together, they do. If not, a frame gets a palette of its own
// where its pixels are many beside the palette's bytes. In an animation whose first
// frame has few enough colours, each frame keeps its colours.
func chooseGIFPalettes(p *Picture, screen image.Point) *gifPalettes {
	var all, shared pixel.ColourCount
	g := &gifPalettes{hole: -1, own: make([]bool, len(p.Frames))}
	few := false                                                 // the colours of the first frame
	holes, anyHoles := false, false                              // transparent pixels in patches that share a palette; in any patch
	necessaryHoles := false                                      // in a frame
	_ = eachGIFPatch(p, screen, func(i int, t *gifPatch) error { // its only errors would be this function's
		var colours pixel.ColourCount
		colours.Add(t.changed)
		if all.Len() <= maxColours {
			all.Merge(&colours)
		}
		anyHoles = anyHoles || t.holes || t.disposal == gif.Background
		necessaryHoles = necessaryHoles || !pixel.Opaque(t.whole) || t.disposal == gif.Background
		n := colours.Len()
		if i == 0 {
			few = n <= maxColours
		}
		g.own[i] = i > 0 && n > 0 && (few && n <= maxColours || t.rect.Dx()*t.rect.Dy() >= 4*3*min(n, maxColours))
		if !g.own[i] {
			shared.Merge(&colours)
			holes = holes || t.holes || t.disposal == gif.Background
		}
		return nil
	})
	most := maxColours
	if all.Len() < most || all.Len() == most && !necessaryHoles {
		clear(g.own)
		g.all, shared = true, all
		holes = anyHoles && all.Len() < most
	}
	if holes {
		most--
	}
	g.global = shared.Palette(most)
	if holes {
		g.hole = len(g.global.RGB) / 3
		g.global.RGB = append(g.global.RGB, 0, 0, 0)
	}
	return g
}

// maxColours is how many colours a palette can have, a transparent one included.
const maxColours = 256

// writeFrame writes a patch as the given frame, which has no palette yet.
func (g *gifPalettes) writeFrame(e *gif.Writer, f *gif.Frame, t *gifPatch, own bool) error {
	if own {
		return writeOwnPalette(e, f, t)
	}
	var variants [][]uint8
	if g.hole >= 0 || !t.holes {
		variants = append(variants, indices(g.global, t.changed, g.hole))
	}
	if g.all && t.holes {
		variants = append(variants, indices(g.global, t.whole, g.hole))
	}
	if g.hole >= 0 && (t.holes || f.Disposal == gif.Background) {
		f.Transparent = g.hole
	}
	return e.WriteFrame(f, variants...)
}

// writeOwnPalette writes a patch with a palette of its own: the pixels that change,
// or all pixels if only these have few enough colours.
func writeOwnPalette(e *gif.Writer, f *gif.Frame, t *gifPatch) error {
	m := t.changed
	palette, hole := ownPalette(m, f.Disposal)
	if !palette.Exact() {
		if p, h := ownPalette(t.whole, f.Disposal); p.Exact() {
			m, palette, hole = t.whole, p, h
		}
	}
	f.Palette, f.Transparent = palette.RGB, hole
	return e.WriteFrame(f, indices(palette, m, hole))
}

// ownPalette returns a palette for an image, and its transparent index.
func ownPalette(m *image.NRGBA, d gif.Disposal) (p *pixel.Palette, hole int) {
	var colours pixel.ColourCount
	colours.Add(m)
	if d != gif.Background && pixel.Opaque(m) {
		return colours.Palette(maxColours), -1
	}
	p = colours.Palette(maxColours - 1)
	hole = len(p.RGB) / 3
	p.RGB = append(p.RGB, 0, 0, 0)
	return p, hole
}

// indices maps an image to a palette. Transparent pixels get the index hole.
func indices(p *pixel.Palette, m *image.NRGBA, hole int) []uint8 {
	out := make([]uint8, m.Rect.Dx()*m.Rect.Dy())
	p.Map(out, m, uint8(hole))
	return out
}
