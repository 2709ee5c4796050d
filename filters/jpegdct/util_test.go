package jpegdct

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

const shared = "../../../shared"

// needAssembly skips a test that compares functions in assembly with those in Go.
func needAssembly(t *testing.T) {
	t.Helper()
	if !hasAssembly {
		t.Skip("this processor or build has no assembly")
	}
}

// pictures returns all JPEGs for tests, by file name.
func pictures(t testing.TB) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	add := func(pattern string) bool {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			files[filepath.Base(name)] = read(t, name)
		}
		return len(names) > 0
	}
	add("testdata/*.jpg")
	add(filepath.Join(goTestdata, "*.jpeg"))
	for _, dir := range []string{"corpus/jpeg-variants", "photos"} {
		if !add(filepath.Join(shared, dir, "*.jpg")) {
			t.Logf("%s not found: its pictures are skipped", filepath.Join(shared, dir))
		}
	}
	return files
}

// goTestdata is the directory of Go's test pictures.
var goTestdata = func() string {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "no-goroot"
	}
	return filepath.Join(strings.TrimSpace(string(root)), "src/image/testdata")
}()

// variant reads a picture of the shared corpus. Without the corpus it skips the test.
func variant(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(shared, "corpus/jpeg-variants", name))
	if err != nil {
		t.Skipf("no shared corpus: %v", err)
	}
	return data
}

// read reads a file.
func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// tool skips the test if a program is not installed.
func tool(t testing.TB, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
}

// run runs a program and returns its output. Any text on stderr is an error.
func run(in []byte, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewReader(in)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	if complaint.Len() > 0 {
		err = errors.New(strings.TrimSpace(complaint.String()))
	}
	return out.Bytes(), err
}

// A pnm is a PGM or PPM picture.
type pnm struct {
	w, h, channels int
	pix            []byte
}

// djpeg decodes a JPEG with djpeg.
func djpeg(t testing.TB, in []byte, args ...string) (pnm, error) {
	t.Helper()
	out, err := run(in, "djpeg", append([]string{"-pnm"}, args...)...)
	if err != nil {
		return pnm{}, err
	}
	var p pnm
	var magic, depth int
	if _, err := fmt.Sscanf(string(out[:min(len(out), 40)]), "P%d\n%d %d\n%d\n", &magic, &p.w, &p.h, &depth); err != nil {
		return pnm{}, err
	}
	p.channels = 2*magic - 9
	p.pix = out[len(out)-p.w*p.h*p.channels:]
	return p, nil
}

// psnr returns the peak signal-to-noise ratio in dB: 99 if a equals b, 0 if the lengths
// differ.
func psnr(a, b []byte) float64 {
	if len(a) != len(b) || len(a) == 0 {
		return 0
	}
	sum := 0.0
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	if sum == 0 {
		return 99
	}
	return 10 * math.Log10(255*255*float64(len(a))/sum)
}

// gray converts in to gray.
func gray(in []byte) ([]byte, error) {
	return transform(in, func(r *Reader, w io.Writer) error { return r.Gray(w, GrayOptions{Allow: allow128M}) })
}

// scaled scales in by 1/n.
func scaled(in []byte, n, quality int) ([]byte, error) {
	return transform(in, func(r *Reader, w io.Writer) error {
		return r.Scale(w, ScaleOptions{Denominator: n, Quality: quality, Allow: allow128M})
	})
}

// mustScale scales by 1/n, and decodes the result.
func mustScale(t *testing.T, in []byte, n, quality int) *Planes {
	t.Helper()
	out, err := scaled(in, n, quality)
	if err != nil {
		t.Fatal(err)
	}
	return mustDecode(t, out, 8)
}

// mustDecode decodes at k/8.
func mustDecode(t *testing.T, in []byte, k int) *Planes {
	t.Helper()
	p, err := decoded(in, k)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// transform returns what do writes, also if there is an error.
func transform(in []byte, do func(*Reader, io.Writer) error) ([]byte, error) {
	var out bytes.Buffer
	r, err := NewReader(bytes.NewReader(in), ReaderOptions{})
	if err == nil {
		err = do(r, &out)
	}
	return out.Bytes(), err
}

var errTooMuch = errors.New("too much memory")

// allow128M allows up to 128 MiB.
func allow128M(bytes int64) error {
	if bytes > 128<<20 {
		return errTooMuch
	}
	return nil
}

// mustHuffman makes a valid table.
func mustHuffman(counts []byte, values ...byte) *huffman {
	h, err := newHuffman(counts, values)
	if err != nil {
		panic(err)
	}
	return h
}
