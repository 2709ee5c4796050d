package codec

import (
	"image"
	"time"

	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

// A Picture is what a file holds, decoded.
type Picture struct {
	Format Format  // of the file
	Frames []Frame // one image; the frames of an animation; the pages of a TIFF
	Plays  int     // how often an animation is shown; 0: for ever
}

// A Frame is one image of a picture, with its metadata.
type Frame struct {
	Image image.Image   // of one of package pixel's types
	Delay time.Duration // how long an animation shows it
	Meta  meta.Metadata

	// stored is how the file stored the frame, so that a file of the same format
	// can store it alike. Each format has a type for it, or leaves it nil.
	stored any

	// Of a JPEG that was decoded to fewer pixels; 0 of any other.
	eighths int         // the image has eighths / 8 of the size
	size    image.Point // in the file
}

// newPicture returns a picture of one frame.
func newPicture(m image.Image) *Picture {
	return &Picture{Frames: []Frame{{Image: pixel.Canonical(m)}}}
}

// Size returns the size in pixels that the frame has in its file. A JPEG may have
// been decoded to fewer pixels.
func (f *Frame) Size() image.Point {
	if f.eighths == 0 {
		return f.Image.Bounds().Size()
	}
	return f.size
}

// Eighths returns at how many eighths of its Size the frame was decoded: 8 unless
// a JPEG was decoded to fewer pixels.
func (f *Frame) Eighths() int {
	if f.eighths == 0 {
		return 8
	}
	return f.eighths
}

// SetImage replaces the image by one of another size, and updates what the
// metadata say of the size.
func (f *Frame) SetImage(m image.Image) {
	f.Image = m
	f.eighths = 0
	f.Meta.SetSize(m.Bounds().Dx(), m.Bounds().Dy())
}

// turnUpright turns the pixels the way that they are seen.
func (f *Frame) turnUpright() {
	if f.Meta.Orientation > 1 {
		f.SetImage(pixel.Orient(f.Image, f.Meta.Orientation))
		f.Meta.SetUpright()
	}
}

// setMetadata sets the metadata of an animation: the first frame has all of them, the
// others what says how their pixels are to be seen. The profile counts once for each
// frame, since each may be written as a page with its own.
func setMetadata(frames []Frame, m meta.Metadata, l Limits) error {
	if err := l.CheckMemory(int64(len(frames)) * int64(len(m.ICC))); err != nil {
		return err
	}
	for i := range frames {
		frames[i].Meta = meta.Metadata{ICC: m.ICC, Orientation: m.Orientation}
	}
	frames[0].Meta = m
	return nil
}
