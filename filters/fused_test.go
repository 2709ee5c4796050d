package filters_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestNoFusedProducts: arithmetic is rounded the same on every processor. On arm64, Go's
// compiler fuses a product and a sum, which then is rounded once and not twice, unless the
// product is converted explicitly (Go specification, "Floating-point operators").
func TestNoFusedProducts(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the packages for arm64")
	}
	build := exec.Command("go", "build", "-gcflags=imgpipe/filters/...=-S", "./...")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	listing, err := build.StderrPipe()
	if err == nil {
		err = build.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	functions := 0
	begin, fused := regexp.MustCompile(`^\S+ STEXT`), regexp.MustCompile(`\((\S*:\d+)\)\tFN?M(ADD|SUB)[SD]\t`)
	forTests := regexp.MustCompile(`/internal/imagetest/`)
	var last []string // lines of the listing, or of errors of the compiler
	lines := bufio.NewScanner(listing)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		last = append(last[max(len(last)-9, 0):], lines.Text())
		if begin.Match(lines.Bytes()) {
			functions++
		}
		if at := fused.FindSubmatch(lines.Bytes()); at != nil && !forTests.Match(at[1]) {
			t.Errorf("%s: a product and a sum are fused on arm64: convert the product", at[1])
		}
	}
	if err := lines.Err(); err != nil {
		t.Errorf("reading the listing: %v", err)
		io.Copy(io.Discard, listing) // else the compiler waits for a reader
	}
	if err := build.Wait(); err != nil {
		t.Fatalf("%v; the last lines are\n%s", err, strings.Join(last, "\n"))
	}
	if functions < 1000 {
		t.Errorf("the listing has %d functions, want at least 1000", functions)
	}
}
