package cmd_test

import (
	"bytes"
	"io"
	"os"
	"testing"
)

// TestStreamMemoryIsFlat: thousands of frames take each filter as much memory as a
// few frames.
func TestStreamMemoryIsFlat(t *testing.T) {
	frame, err := os.ReadFile("../testdata/in/photo444p.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"imggray", "imgscale"} {
		peak := func(n int) int64 {
			got := measure(t, &repeated{frame: frame, left: n}, program, "-stream", "-o", os.DevNull)
			if got.Status != 0 {
				t.Fatalf("%s: exit status %d, %s", program, got.Status, got.stderr)
			}
			return got.RSS
		}
		few, many := peak(100), peak(5000)
		t.Logf("%s: %d KiB for 100 frames, %d for 5000", program, few>>10, many>>10)
		if many > few+8<<20 {
			t.Errorf("%s: 5000 frames took %d KiB, 100 took %d", program, many>>10, few>>10)
		}
	}
}

// A repeated reader returns the bytes of a frame several times.
type repeated struct {
	frame []byte
	left  int
	r     bytes.Reader
}

func (f *repeated) Read(p []byte) (int, error) {
	if f.r.Len() == 0 {
		if f.left == 0 {
			return 0, io.EOF
		}
		f.left--
		f.r.Reset(f.frame)
	}
	return f.r.Read(p)
}
