// Bench compares the programs with the peers that are installed. It measures whole
// processes. The contenders run in turn, so that changes in the load of the machine affect
// all of them. scripts/bench.sh runs bench.
//
//	bench BIN OUT PHOTO...
//
// runs the benchmarks. BIN is the folder of the programs; PHOTOs are JPEGs and PNGs. Bench
// writes tables to OUT/bench.md and a plot to OUT/bench.svg.
//
//	bench imaging WORK IN OUT QUALITY
//
// is one of the peers: it does the work with package imaging.
//
//	bench make-png PHOTO OUT
//
// converts a photo to PNG; PHOTO "page" makes a page of text.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"imgpipe/scripts/bench/picture"
)

// rounds is the number of measured runs of every contender. The tables show medians.
const rounds = 5

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 5 && args[0] == "imaging" {
		return withImaging(args[1], args[2], args[3], args[4])
	}
	if len(args) == 3 && args[0] == "make-png" {
		return writePNG(args[1], args[2])
	}
	if len(args) < 3 {
		return errors.New("usage: bench BIN OUT PHOTO [PHOTO...]")
	}
	tmp, err := os.MkdirTemp("", "imgpipe-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	bin, err := filepath.Abs(args[0])
	if err != nil {
		return err
	}
	b := bench{bin: bin, tmp: tmp, missing: map[string]bool{}}
	if err := b.raceStart(); err != nil {
		return err
	}
	for _, photo := range args[2:] {
		if isPNG(photo) {
			continue
		}
		for _, v := range []variant{{"", nil}, {"restart markers", []string{"-restart", "1"}}, {"progressive", []string{"-progressive"}}} {
			in, err := b.prepare(photo, v)
			if err != nil {
				return err
			}
			if in == nil {
				continue
			}
			for _, work := range []string{"gray", "half", "pipe"} {
				if err := b.race(work, in, peers(work, in, v.name == "")); err != nil {
					return err
				}
			}
		}
	}
	if err := b.racePNGs(args[2:]); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(args[1], "bench.md"), b.table(), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(args[1], "bench.svg"), b.plot(), 0o666)
}

// A variant is a way to encode a photo, without loss.
type variant struct {
	name  string   // "" for the photo itself
	flags []string // for jpegtran; nil for the photo itself
}

// A bench runs races and keeps their results.
type bench struct {
	bin     string          // folder of the programs
	tmp     string          // temporary folder
	missing map[string]bool // peers that are not installed
	races   []race
}

// A race is one work on one picture, done by several contenders.
type race struct {
	work    string
	picture string   // label of the picture
	results []result // ours first
}

// prepare makes a variant of a photo. It returns nil if jpegtran is not installed.
func (b *bench) prepare(photo string, v variant) (*picture.Picture, error) {
	path := photo
	if v.flags != nil {
		if _, err := exec.LookPath("jpegtran"); err != nil {
			return nil, nil
		}
		path = filepath.Join(b.tmp, strings.ReplaceAll(v.name, " ", "-")+"-"+filepath.Base(photo))
		if out, err := exec.Command("jpegtran", append(v.flags, "-copy", "all", "-outfile", path, photo)...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("jpegtran: %w: %s", err, out)
		}
	}
	return picture.Describe(path, v.name)
}

// raceStart compares the start-up time of the programs, on a picture of one pixel, with
// that of a Go program that does nothing.
func (b *bench) raceStart() error {
	source := filepath.Join(b.tmp, "nothing.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o666); err != nil {
		return err
	}
	nothing := filepath.Join(b.tmp, "nothing")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", nothing, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, out)
	}
	in, err := picture.OnePixel(b.tmp)
	if err != nil {
		return err
	}
	return b.race("start", in, []contender{
		{name: "imggray", steps: [][]string{{"imggray"}}},
		{name: "imgscale", steps: [][]string{{"imgscale"}}},
		{name: "a Go program that does nothing", steps: [][]string{{nothing}}},
		{name: "jpegtran", steps: [][]string{{"jpegtran", "-grayscale"}}},
	})
}

// race runs the contenders in turn and adds their results to b.races.
func (b *bench) race(work string, in *picture.Picture, all []contender) error {
	r := race{work: work, picture: in.Label}
	for _, c := range all {
		if c.resolve(b.bin) {
			r.results = append(r.results, result{contender: c})
		} else {
			b.missing[c.name] = true
		}
	}
	times := rounds
	if work == "start" {
		times *= 20
	}
	for round := -1; round < times; round++ { // round -1 warms up and does not count
		for i := range r.results {
			s, err := r.results[i].run(in.Path, b.tmp)
			if err != nil {
				return fmt.Errorf("%s of %s with %s: %w", work, in.Label, r.results[i].name, err)
			}
			if round >= 0 {
				r.results[i].samples = append(r.results[i].samples, s)
			}
		}
	}
	fmt.Fprintf(os.Stderr, "%s, %s: done\n", work, in.Label)
	b.races = append(b.races, r)
	return nil
}
