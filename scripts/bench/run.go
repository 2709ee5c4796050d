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
)

// A sample is what one run took.
type sample struct {
	wall, cpu time.Duration // cpu: user and system, of all processes
	memory    int64         // peak of all processes together, bytes
	size      int64         // of the result, bytes
}

// A result is a contender and what its runs took.
type result struct {
	contender
	samples []sample
}

// run runs a contender once.
func (r *result) run(in, tmp string) (sample, error) {
	stdin, err := os.Open(in)
	if err != nil {
		return sample{}, err
	}
	defer stdin.Close()
	out := filepath.Join(tmp, "out.jpg") // some want ".png" behind it
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
	finish := func() error {
		var failed error
		for _, cmd := range running {
			if err := cmd.Wait(); err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s: %w: %s", cmd.Path, err, cmd.Stderr))
			}
			usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
			s.cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			s.memory += usage.Maxrss * 1024
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
			if !strings.Contains(cmd.Args[1+j], "\n") { // a script is no file's name
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
		if byFile { // what comes next reads what this one has written
			if err := finish(); err != nil {
				return s, err
			}
			input = stdin
		}
	}
	if err := finish(); err != nil {
		return s, err
	}
	s.wall = time.Since(begin)
	for _, name := range []string{stdout.Name(), out, out + ".png"} {
		if st, err := os.Stat(name); err == nil {
			s.size += st.Size() // of the one that it wrote
		}
	}
	return s, nil
}

// median is the middle one of what f gives of the samples.
func (r *result) median(f func(sample) float64) float64 {
	all := make([]float64, len(r.samples))
	for i, s := range r.samples {
		all[i] = f(s)
	}
	return figures.Median(all)
}

func wall(s sample) float64   { return s.wall.Seconds() * 1000 }
func cpu(s sample) float64    { return s.cpu.Seconds() * 1000 }
func size(s sample) float64   { return float64(s.size) / 1000 }
func memory(s sample) float64 { return float64(s.memory) / (1 << 20) }

// ratio is the median, over the rounds, of how many times more r took than the
// one that was raced against in the same round.
func (r *result) ratio(than *result, f func(sample) float64) float64 {
	all := make([]float64, len(r.samples))
	for i := range r.samples {
		all[i] = f(r.samples[i]) / f(than.samples[i])
	}
	return figures.Median(all)
}
