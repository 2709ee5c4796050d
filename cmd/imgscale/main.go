// Without this the runtime names each of its memory mappings by a system call, on kernels
// that can (CONFIG_ANON_VMA_NAME): some 20 at each start.
//go:debug decoratemappings=0

// Imgscale changes the size of an image.
package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/imgcmd"
	"imgpipe/filters"
)

func main() { imgcmd.Main(command) }

func command() (app.Program, imgcmd.NewFilter) {
	var o options
	return app.Program{
		Name:    "imgscale",
		Summary: "change the size of an image",
		Examples: []string{
			"imgscale < photo.jpg > half.jpg",
			"imgscale -factor 25% photo.jpg > quarter.jpg",
			"imgscale -size 800x600 -o fits.png photo.png",
			"imgscale -size 256x256 -fill -quality 80 < photo.jpg > thumbnail.jpg",
			"imgscale -size 1920x -no-enlarge < photo.jpg > wide.jpg",
			"imgscale -gray photo.jpg > small.jpg    # as imggray photo.jpg | imgscale, in one process",
			"imgscale -size 1920x -o small photos    # all pictures of a folder; or of many FILEs",
			"imgscale -stream < frames.mjpeg > half.mjpeg",
		},
		Notes: `
One image in, one image out, or with -o DIR one for each file: JPEG, PNG, GIF, BMP,
TIFF, WebP or PNM, told apart by its bytes. Sides are rounded half up, to at least one
pixel. An image that is stored sideways is measured as it is seen.`,
		Flags: []*app.Flag{
			app.String("factor", &o.factor, "scale by `F`: 0.5, 50% (default 50%)"),
			app.String("size", &o.size, "scale to `WxH` pixels; of 800x (or 800) and x600 the other side follows. A ! behind the size means -stretch, a > means -no-enlarge, and a ^ the smallest size that covers this one, not cropped"),
			app.Switch("fit", &o.fit, "with -size: as large as fits into that size, proportions kept (the default)"),
			app.Switch("fill", &o.fill, "with -size: fill that size, proportions kept, cropped equally on both sides"),
			app.Switch("stretch", &o.stretch, "with -size: exactly that size, proportions not kept"),
			app.Switch("no-enlarge", &o.noEnlarge, "do not make an image larger"),
			app.Switch("enlarge", &o.enlarge, "let -factor be more than 8"),
			app.String("kernel", &o.kernel, "resample by `K`: "+strings.Join(filters.Kernels(), ", ")+" (default lanczos)"),
			app.Switch("gray", &o.gray, "make the image gray first, as imggray does"),
			app.Switch("linear", &o.linear, "scale in linear light (sRGB's curve) instead of the stored values; a JPEG is decoded to pixels"),
		},
		SeeAlso: []string{"imggray(1)", "netpipe(1)", "djpeg(1)"},
		Words:   map[string][]string{"kernel": filters.Kernels()},
		Instead: instead,
	}, o.filter
}

// options are the values of the flags.
type options struct {
	factor, size, kernel                           string
	fit, fill, stretch, noEnlarge, enlarge, linear bool
	gray                                           bool
}

// filter makes the filter from the flags.
func (o *options) filter(c *cli.Context) (filters.Filter, error) {
	s, err := o.scale(c)
	if o.gray && err == nil {
		return filters.Chain{filters.Gray{}, s}, nil
	}
	return s, err
}

// scale makes what the flags say of the size.
func (o *options) scale(c *cli.Context) (filters.Scale, error) {
	s := filters.Scale{NoEnlarge: o.noEnlarge, Kernel: strings.ToLower(o.kernel), Linear: o.linear}
	if c.IsSet("kernel") && !slices.Contains(filters.Kernels(), s.Kernel) {
		return s, fmt.Errorf("unknown kernel %q (want %s)", s.Kernel, strings.Join(filters.Kernels(), ", "))
	}
	modes, sizes := app.Given(c, "fit", "fill", "stretch"), app.Given(c, "size", "factor")
	mode := filters.Fit
	if len(modes) > 0 {
		mode = map[string]filters.Mode{"fit": filters.Fit, "fill": filters.Fill, "stretch": filters.Stretch}[modes[0]]
	}
	var err error
	switch {
	case len(modes) > 1:
		return s, errors.New("-fit, -fill and -stretch exclude each other")
	case len(sizes) > 1:
		return s, errors.New("-size and -factor exclude each other")
	case len(app.Given(c, "enlarge", "no-enlarge")) > 1:
		return s, errors.New("-enlarge and -no-enlarge exclude each other")
	case slices.Contains(sizes, "size"):
		size, noEnlarge := strings.CutSuffix(o.size, ">")
		s.NoEnlarge = s.NoEnlarge || noEnlarge
		if s.Size, err = filters.ParseSize(size); err != nil {
			return s, meantFactor(o.size, err)
		}
		if s.Size.Mode == filters.Fit {
			s.Size.Mode = mode
		} else if len(modes) > 0 && app.Typed(c, modes[0]) {
			return s, fmt.Errorf("-size %s and -%s exclude each other", o.size, modes[0])
		}
		if s.Size.Mode != filters.Fit && s.Size.Width*s.Size.Height == 0 {
			return s, errors.New("-fill, -stretch and the ! and ^ of a size need both sides: -size 800x600")
		}
	case len(modes) > 0 && app.Typed(c, modes[0]):
		return s, errors.New("-fit, -fill and -stretch go with -size")
	case len(sizes) > 0:
		if s.Factor, err = filters.ParseFactor(o.factor); err != nil {
			return s, meantSize(o.factor, err)
		}
		if s.Factor.Exceeds(mostFactor) && !o.enlarge {
			return s, tooLarge(o.factor)
		}
	}
	return s, nil
}

// mostFactor is the largest factor without -enlarge. A user who means 25 % may type 25.
const mostFactor = 8

// tooLarge returns the error of a factor above mostFactor.
func tooLarge(factor string) error {
	number, percent := strings.CutSuffix(factor, "%")
	if percent {
		return fmt.Errorf("-factor %s is more than %d times: that needs -enlarge", factor, mostFactor)
	}
	part := map[string]string{"10": "a tenth", "20": "a fifth", "25": "a quarter", "50": "half", "75": "three quarters"}[number]
	if part == "" {
		n, _ := strconv.ParseFloat(number, 64) // filters.ParseFactor has read it
		part = fmt.Sprint(n/100, " times")
	}
	return fmt.Errorf("-factor %s is %[1]s times: %[1]s%% is %s; more than %d times needs -enlarge", number, part, mostFactor)
}
