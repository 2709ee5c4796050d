package imgcmd

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/batch"
	"imgpipe/filters"
	"imgpipe/filters/codec"
)

// options are the values of the options that all image filters have.
type options struct {
	format, output            string
	quality, pixels, frames   number
	memory                    number // MiB
	jobs, seconds             number
	upright, strip, noConvert bool
	stream, worker, noSandbox bool
	strict, verbose           bool
	sandbox                   sandboxMode
	params                    []string
	batch                     batch.Batch
	stdin                     *bufio.Reader // if the program has looked at stdin
}

// flags defines the options. A request may set those of the filter's own, too.
func (o *options) flags(own []*app.Flag) []*app.Flag {
	const mostMemory, mostJobs, mostSeconds = 1 << 30, 1 << 12, 1 << 30 // 1 PiB in MiB; a larger number is a mistake
	o.quality = number{least: 1, most: 100}
	o.pixels = number{n: codec.DefaultMaxPixels, least: 1, most: math.MaxInt, unit: megapixels}
	o.memory = number{n: codec.DefaultMaxMemory >> 20, least: 1, most: mostMemory, unit: mebibytes}
	o.frames = number{n: codec.DefaultMaxFrames, least: 1, most: math.MaxInt}
	o.seconds = number{most: mostSeconds}
	o.jobs = number{least: 1, most: mostJobs}
	o.sandbox = sandboxAuto
	return append([]*app.Flag{
		app.String("format", &o.format, "write `FORMAT`: "+strings.Join(codec.FormatNames(), ", ")+" (default: the format that the extension of -o FILE says, or else that of the input)"),
		o.quality.flag("quality", "write a JPEG with quality `N`, 1 to 100 (default: the quality of the input; 90 if that is not a JPEG)"),
		app.Switch("upright", &o.upright, "turn the pixels upright, instead of keeping an orientation tag"),
		app.Switch("strip", &o.strip, "keep only the pixels, upright, in sRGB: no EXIF, XMP, ICC profile, comments, resolution"),
		app.Switch("no-convert", &o.noConvert, "do not convert the pixels to sRGB where their colour profile cannot be kept"),
		o.pixels.flag("max-pixels", "refuse images of more than `N` pixels: 1000000, or 1M"),
		o.memory.flag("max-memory", "refuse images that take more than about `N` MiB: 512, or 512M, or 2G; with -o DIR this is for all jobs together"),
		o.frames.flag("max-frames", "refuse animations of more than `N` frames, and TIFFs of more pages"),
		o.seconds.flag("max-seconds", "give up an image that takes more than `N` seconds of processor time (default: no limit; under netpipe 60)"),
		app.Switch("stream", &o.stream, "filter many images, one after another, instead of one"),
		o.jobs.flag("jobs", "with -stream or -o DIR: work on `N` images at once (default: one per core)"),
		app.File("o", &o.output, "write `FILE`, whole or not at all, instead of stdout; if it is a directory, or the input is several FILEs or a folder: write the results into this directory"),
		app.Switch("strict", &o.strict, "refuse files that break the standard of their format, even if no pixel is missing"),
		app.Switch("verbose", &o.verbose, "print a warning for each breach of a standard"),
		app.Switch("worker", &o.worker, "serve one image after another to netpipe -reuse"),
		o.paramFlag(own),
		{Name: "sandbox", Value: &o.sandbox, Usage: "give up files, sockets and programs before reading. `MODE` is auto: warn if the system cannot do that; require: refuse to run then; off: keep them"},
		app.Switch("no-sandbox", &o.noSandbox, "the same as -sandbox off"),
	}, o.batch.Flags()...)
}

// invocation checks the options and the operands.
func (o *options) invocation(c *cli.Context) (r invocation, err error) {
	r = invocation{
		input:   c.Args().First(),
		output:  o.output,
		jobs:    o.jobs.n,
		worker:  o.worker,
		params:  o.params,
		seconds: o.seconds.n,
		options: filters.Options{
			Quality:   o.quality.n,
			Upright:   o.upright,
			Strip:     o.strip,
			NoConvert: o.noConvert,
			Limits:    codec.Limits{Pixels: int64(o.pixels.n), Memory: int64(o.memory.n) << 20, Frames: o.frames.n},
		},
	}
	r.batch = o.isBatch(c)
	r.stdin = o.stdin
	if r.options.Format, err = o.resultFormat(c, r.batch); err != nil {
		return r, err
	}
	if r.sandbox, err = o.sandboxMode(c); err != nil {
		return r, err
	}
	switch {
	case r.batch:
		return r, o.checkBatch(c)
	case app.Typed(c, "jobs") && !o.stream:
		return r, errors.New("-jobs goes with -stream or -o DIR")
	case o.worker && (r.input != "" || app.Typed(c, "o") || app.Typed(c, "stream") || o.typedBatch(c)):
		return r, errors.New("-worker is for netpipe -reuse: no FILE, no -o, no -stream")
	case o.worker: // without what the environment says of single images
		r.output, r.jobs = "", 0
	case !o.stream:
		r.jobs = 0
	case r.jobs == 0:
		r.jobs = runtime.GOMAXPROCS(0)
	}
	return r, nil
}

// A number is the value of an option that takes a whole number from least to most.
type number struct {
	name           string
	n, least, most int
	unit           func(text string) (n int, err error) // reads a number with a unit; nil: there is none
}

func (v *number) flag(name, usage string) *app.Flag {
	v.name = name
	return &app.Flag{Name: name, Value: v, Usage: usage}
}

// String returns the number.
func (v *number) String() string { return strconv.Itoa(v.n) }

// Set reads the number.
func (v *number) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil {
		err = errors.New("not a whole number")
		if v.unit != nil {
			n, err = v.unit(text)
		}
	}
	switch {
	case err != nil:
		return err
	case n < v.least && v.most == math.MaxInt:
		return fmt.Errorf("-%s is at least %d", v.name, v.least)
	case n < v.least || n > v.most:
		return fmt.Errorf("-%s is %d to %d", v.name, v.least, v.most)
	}
	v.n = n
	return nil
}

// mebibytes reads a size, such as "2G", in MiB.
func mebibytes(text string) (n int, err error) {
	var b app.Bytes
	if b.Set(text) != nil {
		return 0, errors.New("not a number of MiB, such as 512, 512M or 2G")
	}
	return int(b >> 20), nil
}

// megapixels reads millions, such as "1.5M" or "12MP".
func megapixels(text string) (n int, err error) {
	millions, ok := strings.CutSuffix(strings.TrimSuffix(text, "P"), "M")
	f, err := strconv.ParseFloat(millions, 64)
	if !ok || err != nil || !(f > 0 && f < 1e9) {
		return 0, errors.New("not a number of pixels, such as 500000 or 12M")
	}
	return int(f * 1e6), nil
}
