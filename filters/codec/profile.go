package codec

import (
	"bytes"
	"fmt"
	"image"
	"slices"

	"imgpipe/filters/icc"
	"imgpipe/filters/jpegdct"
	"imgpipe/filters/pixel"
)

// A profileUse is what becomes of a frame's colour profile.
type profileUse struct {
	keep    []byte         // what the file holds; nil: no profile
	convert *icc.Transform // of the pixels, to sRGB; nil: they stay as they are
}

// useProfile returns what becomes of the profile of pixels of a colour space, in a file that
// can hold profiles of some spaces. A profile that does not describe the pixels is dropped.
// One of RGB does describe gray that was made of RGB, by the tones of its grays: a profile
// of gray with these tones takes its place. The error says why a profile that is needed
// cannot be used.
func useProfile(profile []byte, pixels icc.Space, holds []icc.Space, noConvert bool) (profileUse, error) {
	space := icc.SpaceOf(profile)
	grayOfRGB := space == icc.RGB && pixels == icc.Gray
	held := slices.Contains(holds, space)
	switch {
	case space != pixels && !grayOfRGB:
		return profileUse{}, nil
	case held && !grayOfRGB:
		return profileUse{keep: profile}, nil
	case !held && noConvert:
		return profileUse{}, nil
	}
	p, err := icc.Parse(profile)
	if err != nil {
		return profileUse{}, err
	}
	if !held {
		return profileUse{convert: p.ToSRGB(pixels)}, nil
	}
	gray := p.Gray()
	if gray != nil && !slices.Contains(holds, icc.Gray) { // the file has gray as equal red, green and blue
		return profileUse{keep: profile}, nil
	}
	return profileUse{keep: gray}, nil
}

// profileSpace returns the colour space of the profiles that describe an image.
func profileSpace(m image.Image) icc.Space {
	switch m.(type) {
	case *image.Gray, *image.Gray16, *pixel.GrayAlpha, *pixel.GrayAlpha16:
		return icc.Gray
	}
	return icc.RGB
}

// A profileSettler brings the frames of a picture and their profiles together with
// what a file can hold.
type profileSettler struct {
	format  Format      // of the picture, for messages
	holds   []icc.Space // of the file; nil if it holds no profile
	options *EncodeOptions

	// Of the last frame: pages have mostly the same profile.
	profile []byte
	pixels  icc.Space
	use     profileUse
	told    []byte      // the profile of which Tolerate was told last
	from    image.Image // what was converted; the frames of an animation may share an image
	to      image.Image // what it became
}

// settle converts a frame's pixels to sRGB if the file cannot say what they are, and
// sets the profile that the file holds.
func (s *profileSettler) settle(f *Frame) error {
	if len(f.Meta.ICC) == 0 {
		return nil
	}
	pixels := profileSpace(f.Image)
	if pixels != s.pixels || !bytes.Equal(f.Meta.ICC, s.profile) {
		use, err := useProfile(f.Meta.ICC, pixels, s.holds, s.options.NoConvert)
		if err != nil && !bytes.Equal(f.Meta.ICC, s.told) {
			s.told = f.Meta.ICC
			if err := s.options.Tolerate.Handle(unusedProfile(s.format, err)); err != nil {
				return err
			}
		}
		s.profile, s.pixels, s.use = f.Meta.ICC, pixels, use
	}
	f.Meta.ICC = s.use.keep
	if s.use.convert == nil {
		return nil
	}
	if f.Image == s.from {
		f.Image = s.to
		return nil
	}
	if y, ok := f.Image.(*image.YCbCr); ok {
		const size = 3 + 4 // of a pixel, as luma and chroma and as RGB
		if err := s.options.Limits.CheckMemory(size * int64(y.Rect.Dx()) * int64(y.Rect.Dy())); err != nil {
			return err
		}
	}
	s.from = f.Image
	f.Image = convertToSRGB(f.Image, s.use.convert)
	s.to = f.Image
	return nil
}

// unusedProfile is what Tolerate is told of a profile that cannot be used: the pixels
// keep their values.
func unusedProfile(name Format, err error) error {
	return &kindError{fmt.Errorf("%s: %w", name, err), ErrCorrupt}
}

// convertToSRGB converts an image in place, or an image.YCbCr to a new one.
func convertToSRGB(m image.Image, t *icc.Transform) image.Image {
	m = pixel.ToRGB(m)
	r := pixel.RasterOf(m)
	pixel.Parallel(m.Bounds().Dy(), func(y0, y1 int) {
		for y := y0; y < y1; y++ {
			t.Row(r.Row(y, m.Bounds().Dx()), r.Samples, r.Depth)
		}
	})
	return m
}

// inkConverter returns the function that converts rows of CMYK in place to RGB with
// an opaque alpha: to sRGB by the profile of the inks, if there is one.
func (o *DecodeOptions) inkConverter(name Format, profile []byte) (func(row []uint8, depth int), error) {
	use, err := useProfile(profile, icc.CMYK, nil, o.NoConvert)
	if err != nil {
		if err := o.Tolerate.Handle(unusedProfile(name, err)); err != nil {
			return nil, err
		}
	}
	if use.convert == nil {
		return pixel.CMYKRowToRGB, nil
	}
	return func(row []uint8, depth int) { use.convert.Row(row, 4, depth) }, nil
}

// Profile returns the profile for a JPEG that is made of j's coefficients: of all
// components, or of luma alone. Ok is false if the pixels have to be decoded, to be
// converted to sRGB.
func (j *JPEGFile) Profile(lumaAlone bool, o EncodeOptions) (profile []byte, ok bool, err error) {
	pixels := icc.RGB
	switch space := j.Reader.Header().ColorSpace; {
	case lumaAlone || space == jpegdct.Gray:
		pixels = icc.Gray
	case space == jpegdct.CMYK || space == jpegdct.YCCK:
		pixels = icc.CMYK
	}
	holds := append([]icc.Space{icc.CMYK}, jpegFormat.spaces...)
	if o.Strip {
		holds = nil
	}
	use, err := useProfile(j.Meta.ICC, pixels, holds, o.NoConvert)
	if err != nil {
		err = o.Tolerate.Handle(unusedProfile(JPEG, err))
	}
	return use.keep, use.convert == nil, err
}
