package cmd_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// TestStreamMemoryIsFlat streams few frames and thousands through each filter.
func TestStreamMemoryIsFlat(t *testing.T) {
	frame, err := os.ReadFile("../testdata/in/photo444p.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"imggray", "imgscale"} {
		few, many := peak(t, program, frame, 100), peak(t, program, frame, 5000)
		t.Logf("%s: %d KiB for 100 frames, %d for 5000", program, few>>10, many>>10)
		if many > few+8<<20 {
			t.Errorf("%s: 5000 frames took %d KiB, 100 took %d", program, many>>10, few>>10)
		}
	}
}

// peak is the most memory that a program had, in bytes, streaming n frames.
func peak(t *testing.T, program string, frame []byte, n int) int64 {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, program), "-stream")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = io.Discard
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range n {
		if _, err := in.Write(frame); err != nil {
			break // the program says why
		}
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%s: %v: %s", program, err, stderr.String())
	}
	return int64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) << 10 // Linux counts KiB
}
