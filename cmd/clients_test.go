package cmd_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"imgpipe/scripts/bench/load"
)

// TestManyClients sends 200 images from 16 clients at once through two hops.
// Each answer must be whole, and equal to what the local pipe makes of the image.
func TestManyClients(t *testing.T) {
	const clients, images = 16, 200
	scale := start(t, "netpipe", "-listen", "127.0.0.1:0", "imgscale")
	gray := start(t, "netpipe", "-listen", "127.0.0.1:0", "-next", scale, "imggray")

	jobs := exchanges(t)
	queue := make(chan load.Exchange)
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for j := range queue {
				client := exec.Command(filepath.Join(bin, "netpipe"), "-connect", gray)
				client.Stdin = bytes.NewReader(j.Input)
				var stderr bytes.Buffer
				client.Stderr = &stderr
				if got, err := client.Output(); err != nil {
					t.Errorf("%v: %s", err, stderr.String())
				} else if !bytes.Equal(got, j.Want) {
					t.Errorf("%d bytes came back, not the pipe's %d", len(got), len(j.Want))
				}
			}
		})
	}
	for i := range images {
		queue <- jobs[i%len(jobs)]
	}
	close(queue)
	wg.Wait()
}

// TestLoad runs 64 clients that send one image after another through two hops.
func TestLoad(t *testing.T) {
	all := exchanges(t)
	for _, listen := range []string{"127.0.0.1:0", "http://127.0.0.1:0"} {
		t.Run(listen, func(t *testing.T) {
			scale := start(t, "netpipe", "-listen", listen, "-reuse", "20", "imgscale", "-worker")
			gray := start(t, "netpipe", "-listen", listen, "-next", scale, "-reuse", "20", "imggray", "-worker")
			l := load.Load{Target: gray, Clients: 64, Requests: 320, Exchanges: all}
			if r := l.Run(t.Context()); len(r.Latencies) != l.Requests {
				t.Errorf("want %d right answers, got %d, and %d failures: %v", l.Requests, len(r.Latencies), r.Failed, r.Err)
			}
		})
	}
}

// exchanges returns images in several formats, with what the local pipe makes of each.
func exchanges(t *testing.T) (all []load.Exchange) {
	t.Helper()
	large := filepath.Join(t.TempDir(), "large.jpg") // larger than a pipe, so that filters read while they write
	if err := exec.Command(filepath.Join(bin, "imgscale"), "-factor", "4", "-o", large, "../testdata/rocket.jpg").Run(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{large, "../testdata/rocket.jpg", "../testdata/in/rgb8.png", "../testdata/in/holes.gif", "../testdata/in/alpha8.tiff"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pipe := exec.Command("sh", "-c", `"$0/imggray" | "$0/imgscale"`, bin)
		pipe.Stdin = bytes.NewReader(data)
		want, err := pipe.Output()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, load.Exchange{Input: data, Want: want})
	}
	return all
}
