package filters

import (
	"bytes"
	"context"
	"flag"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

var askPeers = flag.Bool("peers", false, "run the other decoders over the corpora, and write their verdicts into testdata/corpus.tsv")

// corpusPeers are the decoders whose verdicts testdata/corpus.tsv has. The file's
// name follows the arguments.
var corpusPeers = []struct {
	letter  string
	command []string
}{
	{"D", []string{"djpeg", "-outfile", "/dev/null"}},
	{"P", []string{"/usr/bin/python3", "-c", pillow}},
	{"I", []string{"identify", "-format", "%k"}},
	{"V", []string{"vips", "avg"}},
}

// pillow decodes every frame of a file.
const pillow = `
import sys
from PIL import Image, ImageSequence
for frame in ImageSequence.Iterator(Image.open(sys.argv[1])):
    frame.load()
`

// askAll sets the peers of all rows.
func askAll(t *testing.T, files map[string]string, table map[string]corpusRow) {
	t.Helper()
	for _, program := range []string{"djpeg", "identify", "vips"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatal(err)
		}
	}
	if err := exec.Command("/usr/bin/python3", "-c", "import PIL").Run(); err != nil {
		t.Fatal("no Pillow: ", err)
	}
	var mu sync.Mutex
	var workers sync.WaitGroup
	names := make(chan string)
	for range runtime.NumCPU() {
		workers.Go(func() {
			for name := range names {
				peers := ask(files[name])
				mu.Lock()
				table[name] = corpusRow{peers, table[name].reason}
				mu.Unlock()
			}
		})
	}
	for name := range files {
		names <- name
	}
	close(names)
	workers.Wait()
}

// ask returns the letters of the peers that read a file, as a corpusRow has them.
// What a peer writes on stderr is a complaint.
func ask(file string) (letters string) {
	for _, p := range corpusPeers {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		c := exec.CommandContext(ctx, p.command[0], append(p.command[1:len(p.command):len(p.command)], file)...)
		var complaints bytes.Buffer
		c.Stderr = &complaints
		switch err := c.Run(); {
		case err == nil && complaints.Len() == 0:
			letters += p.letter
		case err == nil:
			letters += strings.ToLower(p.letter)
		}
		cancel()
	}
	return letters
}
