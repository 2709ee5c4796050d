// Package codec decodes and encodes pictures in eight file formats, and finds
// where one picture of a stream ends and the next begins.
//
// Each format has one file, named after it, and one row in the table of formats.
// A picture keeps how its file stored it, so that what is written in the same
// format is stored alike: a JPEG's quantisation tables and chroma sampling, a
// PNM's maxval, a PNG's chunks.
//
// Limits are checked before memory is allocated. Errors have kinds: see the
// variables and the types LimitError, FramesError and SideError.
//
// # Where to find what
//
// This file has Decode and Encode. What all formats share:
//
//	format.go      Format, and the table of formats
//	picture.go     Picture, Frame
//	limits.go      Limits
//	errors.go      kinds of errors
//	name.go        formats by their first bytes, and by extensions
//	profile.go     what becomes of a colour profile
//	uniform.go     one layout for all frames of an animation
//	clock.go       times of frames, rounded to a format's unit
//
// Formats, each with its decoder and encoder:
//
//	jpeg.go        jpegfile.go: coefficients or pixels; jpegpixels.go, jpegmeta.go
//	png.go         apng.go: animations; pngmeta.go, pngcolour.go
//	gif.go         gifencode.go; gifpatch.go: what of a frame is stored
//	webp.go        webpfile.go: its chunks; webpanim.go: animations
//	tiff.go
//	bmp.go
//	pnm.go
//
// Streams of images:
//
//	split.go       Splitter: one image after another
//	splitread.go   its buffer
//	end.go         where an image ends; endjpeg.go: a JPEG
//	recognise.go   where an image surely begins
package codec

import (
	"bytes"
	"fmt"
	"io"

	"imgpipe/filters/breach"
)

// DecodeOptions say how Decode reads. The zero value has the default limits, and
// reads on where a file breaks its standard beside the pixels.
type DecodeOptions struct {
	Limits    Limits
	NoConvert bool // CMYK becomes RGB without regard to its colour profile

	Tolerate breach.Handler // the errors that it is told have a kind
}

// Decode reads one picture. It reads r to its end, and ignores what follows the
// picture. An error that is not r's has a kind, or is a *LimitError.
func Decode(r io.Reader, o DecodeOptions) (*Picture, error) {
	f, r, err := sniff(r)
	if err != nil {
		return nil, err
	}
	data, err := readAll(r, f.name, o.Limits)
	if err != nil {
		return nil, err
	}
	p, err := f.decodeSafely(data, o)
	if err != nil {
		return nil, explain(err, f.name, f.kind)
	}
	p.Format = f.name
	return p, nil
}

// Sniff tells a file's format by its first bytes. The returned reader gives the
// file from its beginning.
func Sniff(r io.Reader) (Format, io.Reader, error) {
	f, r, err := sniff(r)
	if err != nil {
		return "", nil, err
	}
	return f.name, r, nil
}

func sniff(r io.Reader) (*format, io.Reader, error) {
	head := make([]byte, 16)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, nil, err
	}
	head = head[:n]
	for _, f := range formats {
		if f.begins(head) {
			return f, io.MultiReader(bytes.NewReader(head), r), nil
		}
	}
	if n == 0 {
		return nil, nil, ErrEmpty
	}
	return nil, nil, ErrFormat
}

// readAll reads a file of the given format to its end.
func readAll(r io.Reader, name Format, l Limits) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, l.memory()+1))
	if err == nil && int64(len(data)) > l.memory() {
		err = l.tooLong(name)
	}
	return data, err
}

// decodeSafely turns a panic of a decoder, which a hostile file might cause,
// into an error.
func (f *format) decodeSafely(data []byte, o DecodeOptions) (p *Picture, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			p, err = nil, fmt.Errorf("the decoder failed: %v", cause)
		}
	}()
	return f.decode(data, o)
}

// encodeSafely encodes a picture. A panic of an encoder becomes an error.
func (f *format) encodeSafely(w io.Writer, p *Picture, o EncodeOptions) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the encoder failed: %v", cause)
		}
	}()
	return f.encode(w, p, o)
}

// EncodeOptions say how Encode writes a picture. The zero value writes what was
// read.
type EncodeOptions struct {
	Format  Format // empty means the picture's own
	Quality int    // of a JPEG, 1 to 100; 0 means the tables that were read, or 90 if the picture was no JPEG
	Upright bool   // turn the pixels the way they are seen, instead of a tag that says it
	Strip   bool   // write no metadata; the pixels are turned upright, since no tag can say how to turn them
	Limits  Limits // Memory bounds what encoding takes

	// NoConvert leaves the pixels as they are where a file cannot hold their colour
	// profile. Else they are converted to sRGB, which pixels without a profile have.
	NoConvert bool

	// Tolerate is told of a colour profile that cannot be used; without it the pixels
	// stay as they are.
	Tolerate breach.Handler
}

// Encode writes a picture. It changes p: gray whose colour profile is one of RGB
// gets one of gray, pixels are converted to sRGB where the file cannot hold their
// profile, a profile that does not describe the pixels is dropped, and pixels are
// turned upright where the format changes. An error may be a *LimitError, a
// *FramesError or a *SideError.
func Encode(w io.Writer, p *Picture, o EncodeOptions) error {
	name := o.Format
	if name == "" {
		name = p.Format
	}
	f := lookUp(name)
	if f == nil {
		return fmt.Errorf("no format %q", name)
	}
	for _, frame := range p.Frames {
		if b := frame.Image.Bounds(); b.Dx() > f.maxSide || b.Dy() > f.maxSide {
			return &SideError{name, b.Dx(), b.Dy(), f.maxSide}
		}
	}
	if !f.holdsFrames(p) {
		return &FramesError{name, len(p.Frames)}
	}
	if name != PNG || o.Strip {
		p.useChunksOfColour()
	}
	profiles := profileSettler{format: p.Format, holds: f.spaces, options: &o}
	if o.Strip {
		profiles.holds = nil
	}
	for i := range p.Frames {
		frame := &p.Frames[i]
		if name != p.Format || o.Upright || o.Strip {
			frame.turnUpright()
		}
		if err := profiles.settle(frame); err != nil {
			return err
		}
		if o.Strip {
			frame.Meta = frame.Meta.Stripped()
		}
		if name != p.Format {
			frame.Meta.DropExtendedXMP()
		}
	}
	return f.encodeSafely(w, p, o)
}
