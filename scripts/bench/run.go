package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"imgpipe/scripts/bench/figures"
	"imgpipe/scripts/bench/proctree"
)

// A sample is what was measured in one run of a contender.
type sample struct {
	wall           time.Duration
	proctree.Usage       // of all processes
	memory         int64 // sum of the peaks of all processes, in bytes
	size           int64 // of the result, in bytes
}

// A result holds the samples of a contender in a race.
type result struct {
	contender
	samples []sample
}

// run runs a contender once, with the picture in and the temporary directory tmp.
func (r *result) run(in, tmp string) (sample, error) {
	stdin, err := os.Open(in)
	if err != nil {
		return sample{}, err
	}
	defer stdin.Close()
	out := filepath.Join(tmp, "out.jpg") // some peers need ".png" after this name
	os.Remove(out)
	os.Remove(out + ".png")
	stdout, err := os.Create(filepath.Join(tmp, "stdout.jpg"))
	if err != nil {
		return sample{}, err
	}
	defer stdout.Close()
	names := strings.NewReplacer("IN", in, "OUT", out, "X.v", filepath.Join(tmp, "x.v"))

	var s sample
	var running []*exec.Cmd
	wait := func() error {
		var failed error
		for _, cmd := range running {
			if err := cmd.Wait(); err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s: %w: %s", cmd.Path, err, cmd.Stderr))
			}
			s.Usage = s.Add(proctree.Ended(cmd.ProcessState))
			s.memory += cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss * 1024
		}
		running = nil
		return failed
	}
	begin := time.Now()
	input := stdin
	for i, step := range r.steps {
		cmd := exec.Command(step[0], step[1:]...)
		cmd.Stderr = new(bytes.Buffer)
		for j := range cmd.Args[1:] {
			if !strings.Contains(cmd.Args[1+j], "\n") { // not in a script
				cmd.Args[1+j] = names.Replace(cmd.Args[1+j])
			}
		}
		cmd.Stdin, cmd.Stdout = input, stdout
		byFile := slices.Contains(step, "X.v")
		var next *os.File
		if i+1 < len(r.steps) && !byFile {
			var write *os.File
			if next, write, err = os.Pipe(); err != nil {
				return s, err
			}
			cmd.Stdout = write
		}
		err := cmd.Start()
		if input != stdin {
			input.Close()
		}
		if write, ok := cmd.Stdout.(*os.File); ok && write != stdout {
			write.Close()
		}
		if err != nil {
			return s, err
		}
		running, input = append(running, cmd), next
		if byFile { // the next step reads the file of this one
			if err := wait(); err != nil {
				return s, err
			}
			input = stdin
		}
	}
	if err := wait(); err != nil {
		return s, err
	}
	s.wall = time.Since(begin)
	for _, name := range []string{stdout.Name(), out, out + ".png"} {
		if st, err := os.Stat(name); err == nil {
			s.size += st.Size() // only one of them has content
		}
	}
	return s, nil
}

// median returns the median of a figure over the samples.
func (r *result) median(f func(sample) float64) float64 {
	all := make([]float64, len(r.samples))
	for i, s := range r.samples {
		all[i] = f(s)
	}
	return figures.Median(all)
}

// The figures of a sample, in the units of the tables.

func wall(s sample) float64     { return s.wall.Seconds() * 1000 }
func user(s sample) float64     { return s.User.Seconds() * 1000 }
func sys(s sample) float64      { return s.Sys.Seconds() * 1000 }
func cpu(s sample) float64      { return s.CPU().Seconds() * 1000 }
func faults(s sample) float64   { return float64(s.Faults) }
func switches(s sample) float64 { return float64(s.Switches) }
func size(s sample) float64     { return float64(s.size) / 1000 }
func memory(s sample) float64   { return float64(s.memory) / (1 << 20) }

// ratio returns the median, over the runs, of the ratio of a figure of r to the same
// figure of base.
func (r *result) ratio(base *result, f func(sample) float64) float64 {
	all := make([]float64, len(r.samples))
	for i := range r.samples {
		all[i] = f(r.samples[i]) / f(base.samples[i])
	}
	return figures.Median(all)
}
