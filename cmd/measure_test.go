package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// An outcome is how a program ended, and what it wrote.
type outcome struct {
	stdout []byte
	stderr string
	usage
}

type usage struct {
	Status int           // -1: killed
	CPU    time.Duration // user and system
	RSS    int64         // peak memory, in bytes
}

// measured is an environment variable of the process between the test and the
// program. The kernel counts a parent's memory at the time of the fork as the
// child's, and that of the test may be large.
const measured = "IMGPIPE_TEST_MEASURED"

// measure runs a program for a minute at most.
func measure(t *testing.T, stdin io.Reader, program string, args ...string) outcome {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), measured+"="+filepath.Join(bin, program),
		"GORACE=atexit_sleep_ms=0") // otherwise its end takes a second
	cmd.ExtraFiles = []*os.File{w}
	var out outcome
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
	err = cmd.Run()
	w.Close()
	if err != nil {
		t.Fatalf("%s: %v: %s", program, err, stderr.String())
	}
	if err := json.NewDecoder(r).Decode(&out.usage); err != nil {
		t.Fatal(err)
	}
	out.stdout, out.stderr = stdout.Bytes(), stderr.String()
	return out
}

// runMeasured is the process between. It returns the exit status.
func runMeasured(program string) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	_ = cmd.Run() // the status has the same information
	p := cmd.ProcessState
	if p == nil {
		fmt.Fprintln(os.Stderr, program, "couldn't be started")
		return 1
	}
	rss := p.SysUsage().(*syscall.Rusage).Maxrss
	if runtime.GOOS != "darwin" { // in KiB
		rss <<= 10
	}
	u := usage{p.ExitCode(), p.UserTime() + p.SystemTime(), rss}
	if err := json.NewEncoder(os.NewFile(3, "usage")).Encode(u); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
