package netpipe

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// The screenshots in README.md are made by -update, with the real programs.
func TestPageScreenshots(t *testing.T) {
	if !*update {
		t.Skip("screenshots are made by -update")
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin, "../cmd/imggray", "../cmd/imgscale").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	s := overHTTP()
	s.Filter = []string{"imggray", "+", "imgscale"}
	s.About = "imggray → imgscale 50%"
	server := start(t, s)
	b := openBrowser(t, server.addr.String())
	rocket := testFile(t, "rocket.jpg")
	broken := newFile(t, "broken.jpg", readFile(t, rocket)[:50_000])
	for _, on := range []screen{desktop, phone} {
		b.resize(on)
		b.open(server.addr.String())
		b.choose(rocket, testFile(t, "in/rgb8.tiff"), testFile(t, "in/photo420.jpg"), broken)
		b.awaitStatus("3 of 4 pictures done, 1 failed.")
		b.await(`document.querySelector("#after img")?.complete`)
		name := map[string]string{"desktop": "page.png", "phone": "page-phone.png"}[on.name]
		fewColours := exec.Command("convert", "-", "-colors", "256", "png8:../testdata/"+name)
		fewColours.Stdin = bytes.NewReader(b.capture())
		if out, err := fewColours.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
}
