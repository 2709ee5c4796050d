package cmd_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imgpipe/netpipe/worker"
)

// TestWorkerGivesMemoryBack: after a picture of 50 megapixels, or one with 30 MiB of metadata,
// and then a small one, a worker holds little more than after a small one alone.
func TestWorkerGivesMemoryBack(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc")
	}
	const most = 64 << 10 // KiB
	small := "P5 1 1 255\nx"
	large := map[string]string{
		"pixels":   "P6 8000 6250 255\n" + strings.Repeat("abc", 8000*6250),
		"metadata": withComments(string(noiseJPEG(t, 64)), 30<<20),
	}
	for _, program := range []string{"imggray", "imgscale"} {
		for what, image := range large {
			w := startWorker(t, program)
			w.ask(t, small)
			before := w.rss(t)
			w.ask(t, image)
			peak := w.rss(t)
			w.ask(t, small)
			deadline := time.Now().Add(time.Minute)
			for w.rss(t) > most && time.Now().Before(deadline) {
				time.Sleep(10 * time.Millisecond)
			}
			t.Logf("%s, %s: %d KiB, then %d, then %d", program, what, before, peak, w.rss(t))
			if rss := w.rss(t); rss > most {
				t.Errorf("%s holds %d KiB after much of %s, want at most %d", program, rss, what, most)
			}
		}
	}
}

// withComments returns a JPEG with comments of n bytes or a little less behind its SOI marker.
func withComments(jpeg string, n int) string {
	const soi, length = 2, 0xffff
	comment := "\xff\xfe\xff\xff" + strings.Repeat("x", length-2)
	return jpeg[:soi] + strings.Repeat(comment, n/len(comment)) + jpeg[soi:]
}

// A workerProcess is a program that runs as a worker.
type workerProcess struct {
	cmd *exec.Cmd
	in  io.Writer
	out *bufio.Reader
	id  uint16
}

func startWorker(t *testing.T, program string) *workerProcess {
	cmd := exec.Command(filepath.Join(bin, program), "-worker")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	w := &workerProcess{cmd: cmd, in: in, out: bufio.NewReader(out)}
	if _, err := in.Write(worker.AppendGreeting(nil, false)); err != nil {
		t.Fatal(err)
	}
	if _, err := worker.CheckAnswer(w.out); err != nil {
		t.Fatal(err)
	}
	return w
}

// ask sends an image, and reads the answer to its end.
func (w *workerProcess) ask(t *testing.T, image string) {
	w.id++
	b := worker.AppendBegin(nil, w.id)
	for rest := image; ; {
		part := rest[:min(len(rest), worker.MaxContent)]
		b = worker.Header{Type: worker.Stdin, ID: w.id, Length: len(part)}.Append(b)
		b = append(b, part...)
		if rest = rest[len(part):]; part == "" {
			break
		}
	}
	go func() { _, _ = w.in.Write(b) }()
	for {
		h, err := worker.ReadHeader(w.out)
		if err != nil {
			t.Fatal(err)
		}
		content := make([]byte, h.Length)
		if _, err := io.ReadFull(w.out, content); err != nil {
			t.Fatal(err)
		}
		switch h.Type {
		case worker.Stderr:
			t.Fatalf("%s", content)
		case worker.EndRequest:
			return
		}
	}
}

// rss returns the memory that the process holds, in KiB.
func (w *workerProcess) rss(t *testing.T) (kib int) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(status), "VmRSS:")
	if _, err := fmt.Sscan(line, &kib); err != nil {
		t.Fatal(err)
	}
	return kib
}
