// Without this the runtime names each of its memory mappings by a system call, on kernels
// that can (CONFIG_ANON_VMA_NAME): some 20 at each start.
//go:debug decoratemappings=0

// Imggray makes an image gray.
package main

import (
	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/imgcmd"
	"imgpipe/filters"
)

func main() { imgcmd.Main(command) }

func command() (app.Program, imgcmd.NewFilter) {
	return app.Program{
		Name:    "imggray",
		Summary: "make an image gray",
		Examples: []string{
			"imggray < photo.jpg > gray.jpg",
			"cat photo.jpg | imggray | imgscale > small.jpg",
			"imggray -o gray.png photo.jpg    # a PNG, as the name says",
			"imggray -format png < photo.jpg > gray.png",
			"imggray -o gray photos    # all pictures of a folder; or of many FILEs",
			"imggray -stream < frames.mjpeg > gray.mjpeg",
		},
		Notes: `
One image in, one image out, or with -o DIR one for each file: JPEG, PNG, GIF, BMP,
TIFF, WebP or PNM, told apart by its bytes. The result has one channel, BT.601 luma, and
alpha only where the image really lets something through.`,
		SeeAlso: []string{"imgscale(1)", "netpipe(1)", "jpegtran(1)"},
	}, func(*cli.Context) (filters.Filter, error) { return filters.Gray{}, nil }
}
