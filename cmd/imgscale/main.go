// Imgscale changes the size of an image.
package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/imgcmd"
	"imgpipe/filters"
)

func main() {
	imgcmd.Main(app.Program{
		Name:    "imgscale",
		Summary: "change the size of an image",
		Examples: []string{
			"imgscale < photo.jpg > half.jpg",
			"imgscale -factor 25% photo.jpg > quarter.jpg",
			"imgscale -size 800x600 -o fits.png photo.png",
			"imgscale -size 256x256 -fill -quality 80 < photo.jpg > thumbnail.jpg",
			"imgscale -size 1920x -no-enlarge < photo.jpg > wide.jpg",
		},
		Notes: `
One image in, one image out: JPEG, PNG, GIF, BMP, TIFF or WebP, told apart by
its bytes. Sides are rounded half up, to at least one pixel. A picture that is
stored sideways is measured as it's seen.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "factor", Usage: "scale by `F`: 0.5, 50% (default 50%)"},
			&cli.StringFlag{Name: "size", Usage: "scale to `WxH` pixels; 800x or x600: the other side follows"},
			&cli.BoolFlag{Name: "fit", Usage: "-size: as large as fits into it, proportions kept (the default)"},
			&cli.BoolFlag{Name: "fill", Usage: "-size: as small as covers it, cropped in the middle"},
			&cli.BoolFlag{Name: "stretch", Usage: "-size: just so, proportions lost"},
			&cli.BoolFlag{Name: "no-enlarge", Usage: "leave an image as it is rather than make it larger"},
			&cli.StringFlag{Name: "kernel", Usage: "resample by `K`: " + strings.Join(filters.Kernels(), ", ") + " (default lanczos)"},
		},
	}, scale)
}

func scale(c *cli.Context) (filters.Filter, error) {
	s := filters.Scale{NoEnlarge: c.Bool("no-enlarge"), Kernel: strings.ToLower(c.String("kernel"))}
	if c.IsSet("kernel") && !slices.Contains(filters.Kernels(), s.Kernel) {
		return nil, fmt.Errorf("%q is no kernel: %s", s.Kernel, strings.Join(filters.Kernels(), ", "))
	}
	modes := 0
	for name, mode := range map[string]filters.Mode{"fit": filters.Fit, "fill": filters.Fill, "stretch": filters.Stretch} {
		if c.Bool(name) {
			s.Size.Mode = mode
			modes++
		}
	}
	var err error
	switch {
	case modes > 1:
		return nil, errors.New("-fit, -fill and -stretch exclude each other")
	case c.IsSet("size") && c.IsSet("factor"):
		return nil, errors.New("-size and -factor exclude each other")
	case c.IsSet("size"):
		mode := s.Size.Mode
		if s.Size, err = filters.ParseSize(c.String("size")); err != nil {
			return nil, err
		}
		s.Size.Mode = mode
		if mode != filters.Fit && s.Size.Width*s.Size.Height == 0 {
			return nil, errors.New("-fill and -stretch want both sides: -size 800x600")
		}
	case modes > 0:
		return nil, errors.New("-fit, -fill and -stretch go with -size")
	case c.IsSet("factor"):
		if s.Factor, err = filters.ParseFactor(c.String("factor")); err != nil {
			return nil, err
		}
	}
	return s, nil
}
