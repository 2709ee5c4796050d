package cmd_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// TestManyClients sends 200 images from 16 clients at once through two hops.
// What comes back must be whole, and what the pipe makes of the same image.
func TestManyClients(t *testing.T) {
	const clients, images = 16, 200
	scale := start(t, "netpipe", "-listen", "127.0.0.1:0", "imgscale")
	gray := start(t, "netpipe", "-listen", "127.0.0.1:0", "-next", scale, "imggray")

	type job struct {
		name        string
		image, want []byte
	}
	var jobs []job
	for _, name := range []string{"../testdata/rocket.jpg", "../testdata/in/rgb8.png", "../testdata/in/holes.gif", "../testdata/in/alpha8.tiff"} {
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
		jobs = append(jobs, job{name, data, want})
	}

	queue := make(chan job)
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for j := range queue {
				client := exec.Command(filepath.Join(bin, "netpipe"), "-connect", gray)
				client.Stdin = bytes.NewReader(j.image)
				var stderr bytes.Buffer
				client.Stderr = &stderr
				if got, err := client.Output(); err != nil {
					t.Errorf("%s: %v: %s", j.name, err, stderr.String())
				} else if !bytes.Equal(got, j.want) {
					t.Errorf("%s: %d bytes came back, not the pipe's %d", j.name, len(got), len(j.want))
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
