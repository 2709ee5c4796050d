// Imgscale changes the size of an image.
package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/imgcmd"
	"imgpipe/filters"
)

func main() {
	flags := new(flag.FlagSet)
	newFilter := scale(flags)
	imgcmd.Main(app.Program{
		Name:    "imgscale",
		Summary: "change the size of an image",
		Examples: []string{
			"imgscale < photo.jpg > half.jpg",
			"imgscale -factor 25% photo.jpg > quarter.jpg",
			"imgscale -size 800x600 -o fits.png photo.png",
			"imgscale -size 256x256 -fill -quality 80 < photo.jpg > thumbnail.jpg",
			"imgscale -size 1920x -no-enlarge < photo.jpg > wide.jpg",
			"imgscale -stream < frames.mjpeg > half.mjpeg",
		},
		Notes: `
One image in, one image out: JPEG, PNG, GIF, BMP, TIFF, WebP or PNM, told
apart by its bytes. Sides are rounded half up, to at least one pixel. A picture that is
stored sideways is measured as it's seen.`,
		Flags: flags,
	}, newFilter)
}

// scale defines the flags. What it returns makes the filter of them, once they
// are parsed.
func scale(flags *flag.FlagSet) func() (filters.Filter, error) {
	factor := flags.String("factor", "", "scale by `F`: 0.5, 50% (default 50%)")
	size := flags.String("size", "", "scale to `WxH` pixels; 800x or x600: the other side follows")
	fit := flags.Bool("fit", false, "-size: as large as fits into it, proportions kept (the default)")
	fill := flags.Bool("fill", false, "-size: as small as covers it, cropped in the middle")
	stretch := flags.Bool("stretch", false, "-size: just so, proportions lost")
	noEnlarge := flags.Bool("no-enlarge", false, "leave an image as it is rather than make it larger")
	kernel := flags.String("kernel", "", "resample by `K`: "+strings.Join(filters.Kernels(), ", ")+" (default lanczos)")
	linear := flags.Bool("linear", false, "scale amounts of light (sRGB's curve), not the values that stand for them; a JPEG by pixels")
	return func() (filters.Filter, error) {
		given := app.Given(flags)
		s := filters.Scale{NoEnlarge: *noEnlarge, Kernel: strings.ToLower(*kernel), Linear: *linear}
		if given["kernel"] && !slices.Contains(filters.Kernels(), s.Kernel) {
			return nil, fmt.Errorf("%q is no kernel: %s", s.Kernel, strings.Join(filters.Kernels(), ", "))
		}
		mode, modes := filters.Fit, 0
		for m, chosen := range map[filters.Mode]bool{filters.Fit: *fit, filters.Fill: *fill, filters.Stretch: *stretch} {
			if chosen {
				mode = m
				modes++
			}
		}
		var err error
		switch {
		case modes > 1:
			return nil, errors.New("-fit, -fill and -stretch exclude each other")
		case given["size"] && given["factor"]:
			return nil, errors.New("-size and -factor exclude each other")
		case given["size"]:
			if s.Size, err = filters.ParseSize(*size); err != nil {
				return nil, err
			}
			s.Size.Mode = mode
			if mode != filters.Fit && s.Size.Width*s.Size.Height == 0 {
				return nil, errors.New("-fill and -stretch want both sides: -size 800x600")
			}
		case modes > 0:
			return nil, errors.New("-fit, -fill and -stretch go with -size")
		case given["factor"]:
			if s.Factor, err = filters.ParseFactor(*factor); err != nil {
				return nil, err
			}
		}
		return s, nil
	}
}
