package filters

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/go-multierror"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
)

// alone returns the result of Run for one image.
func alone(t *testing.T, in string, f Filter) string {
	t.Helper()
	var out bytes.Buffer
	if err := Run(&out, strings.NewReader(in), f, Options{}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestStream(t *testing.T) {
	in := func(name string) string { return string(imagetest.Input(t, name)) }
	jpeg, png, gif := in("photo420.jpg"), in("rgb8.png"), in("still.gif")
	badCRC := png[:len(png)-20] + "x" + png[len(png)-19:]
	sos := strings.Index(jpeg, "\xff\xda")
	dht := strings.Index(jpeg, "\xff\xc4")
	withoutDHT := jpeg[:dht] + jpeg[sos:] // its tables are those of T.81, annex K.3
	for _, c := range []struct {
		name string
		in   []string
		bad  map[int]string // the error of the nth image; "" if it has neither an error nor a result
	}{
		{"mixed", []string{jpeg, png, gif, in("rgb8.bmp"), in("lossy.webp"), in("animated.gif")}, nil},
		{"a Motion JPEG's frames", []string{withoutDHT, withoutDHT, withoutDHT}, nil},
		{"secondary images of a photo", []string{jpeg, "\x00\x00", jpeg}, map[int]string{2: ""}},
		{"bad ones among good ones", []string{jpeg, jpeg[:1500], jpeg, badCRC, png, jpeg}, map[int]string{
			2: "image 2: input: truncated JPEG: ", 4: "image 4: input: corrupt PNG: "}},
		{"the last cut short", []string{jpeg, png[:len(png)-1]}, map[int]string{2: "image 2: input: truncated PNG"}},
		{"an image whose end can't be told", []string{jpeg, in("rgb8.tiff"), jpeg}, map[int]string{2: "image 2: input: where a TIFF ends"}},
		{"a trailer", []string{jpeg, "\xff\xd9", jpeg, "trailer"}, map[int]string{2: "", 4: ""}},
		{"text", []string{"Dear Sir or Madam,"}, map[int]string{1: "image 1: input: unrecognised image format"}},
		{"nothing", []string{""}, map[int]string{1: "image 1: input: empty, where an image should be"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var want strings.Builder
			var errs []string
			for i, image := range c.in {
				if text, bad := c.bad[i+1]; !bad {
					want.WriteString(alone(t, image, Gray{}))
				} else if text != "" {
					errs = append(errs, text)
				}
			}
			for jobs := 1; jobs < 5; jobs++ {
				var out bytes.Buffer
				err := RunStream(&out, strings.NewReader(strings.Join(c.in, "")), Gray{}, Options{}, jobs)
				if out.String() != want.String() {
					t.Errorf("%d jobs: %d bytes came out, want %d", jobs, out.Len(), want.Len())
				}
				var got []error
				if all := new(multierror.Error); errors.As(err, &all) {
					got = all.Errors
				}
				if len(got) != len(errs) {
					t.Fatalf("%d jobs: errors %v, want %q", jobs, got, errs)
				}
				for i := range got {
					if !strings.HasPrefix(got[i].Error(), errs[i]) {
						t.Errorf("%d jobs: error %v, want %s", jobs, got[i], errs[i])
					}
				}
			}
		})
	}
}

// TestStreamCases has streams after public bug reports: with EOI twice behind each
// frame, and with a phone's trailer. ffmpeg -f image2pipe reads as many images.
func TestStreamCases(t *testing.T) {
	for name, want := range map[string]int{"mjpeg-dup-eoi.mjpeg": 3, "jpgs-samsung-trailer.stream": 2} {
		in, err := os.ReadFile(filepath.Join("..", "testdata", "cases", name))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := RunStream(&out, bytes.NewReader(in), Gray{}, Options{}, 2); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		n := 0
		for images := codec.NewSplitter(&out, codec.Limits{}); ; n++ {
			if _, err := images.Next(); err != nil {
				break
			}
		}
		if n != want {
			t.Errorf("%s: %d images came out, want %d", name, n, want)
		}
	}
}

// TestStreamOverlap: a raster that lacks its last bytes takes them from the next
// image, which is noticed only when its result may have been written.
func TestStreamOverlap(t *testing.T) {
	jpeg := string(imagetest.Input(t, "photo420.jpg"))
	var out bytes.Buffer
	err := RunStream(&out, strings.NewReader("P5 4 4 255\n0123456789abcde"+jpeg+jpeg), Gray{}, Options{}, 2)
	if !errors.Is(err, codec.ErrTruncated) || !strings.Contains(err.Error(), "image 1: input: truncated image: it ends in the next image") {
		t.Errorf("error %v, want one of image 1", err)
	}
	if want := strings.Repeat(alone(t, jpeg, Gray{}), 2); !strings.HasSuffix(out.String(), want) {
		t.Errorf("%d bytes came out, want those of the two JPEGs at the end", out.Len())
	}
}

// TestStreamSkipped: Tolerate is told what was skipped, and may refuse it.
func TestStreamSkipped(t *testing.T) {
	jpeg := string(imagetest.Input(t, "photo420.jpg"))
	in := jpeg + "\xff\xd9" + jpeg + "\x00\x00trailer" + jpeg + "\x00"
	for _, verdict := range []error{nil, errors.New("no trailers")} {
		var told []string
		tolerate := func(breach error) error {
			told = append(told, breach.Error())
			return verdict
		}
		var out bytes.Buffer
		err := RunStream(&out, strings.NewReader(in), Gray{}, Options{Tolerate: tolerate}, 1)
		if want := []string{"9 bytes in 2 places between images were skipped"}; !reflect.DeepEqual(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
		if (err == nil) != (verdict == nil) || verdict != nil && !errors.Is(err, verdict) {
			t.Errorf("error %v, want %v", err, verdict)
		}
		if out.String() != strings.Repeat(alone(t, jpeg, Gray{}), 3) {
			t.Errorf("%d bytes came out, want three images", out.Len())
		}
	}
}

func TestStreamManyFailures(t *testing.T) {
	bad, good := "\xff\xd8\xff\xd9", string(imagetest.Input(t, "gray.jpg"))
	var out bytes.Buffer
	err := RunStream(&out, strings.NewReader(strings.Repeat(bad, 1000)+good), Gray{}, Options{}, 3)
	all := new(multierror.Error)
	if !errors.As(err, &all) || len(all.Errors) != maxReported+1 {
		t.Fatalf("error %v, want %d in one", err, maxReported+1)
	}
	if got, want := all.Errors[maxReported].Error(), fmt.Sprintf("%d more; the last: image 1000: input: ", 1000-maxReported); !strings.HasPrefix(got, want) {
		t.Errorf("the last is %q, want %q", got, want)
	}
	if out.String() != alone(t, good, Gray{}) {
		t.Errorf("%d bytes came out, want the good one", out.Len())
	}
}

// TestStreamAnswersAtOnce sends an image only when the whole result of the image
// before has come.
func TestStreamAnswersAtOnce(t *testing.T) {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	ended := make(chan error)
	go func() {
		err := RunStream(outW, inR, Gray{}, Options{}, 4)
		outW.CloseWithError(err)
		ended <- err
	}()
	answers := codec.NewSplitter(outR, codec.Limits{})
	for _, name := range []string{"photo420.jpg", "rgb8.png", "still.gif", "rgb8.bmp", "lossless.webp", "photo444p.jpg"} {
		image := string(imagetest.Input(t, name))
		if _, err := io.WriteString(inW, image); err != nil {
			t.Fatal(err)
		}
		got, err := answers.Next()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if want := alone(t, image, Gray{}); string(got) != want {
			t.Errorf("%s: the answer has %d bytes, want %d", name, len(got), len(want))
		}
	}
	inW.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A gate is a filter in which every image but each third one waits until the
// filter has begun with the next image: it needs three jobs at once.
type gate struct {
	begun []chan struct{} // by width
	last  int
}

func (g gate) Apply(p *codec.Picture, _ codec.Limits) error {
	n := p.Frames[0].Image.Bounds().Dx()
	close(g.begun[n])
	if n%3 != 0 && n < g.last {
		<-g.begun[n+1]
	}
	return nil
}

func TestStreamJobsAtOnceAndInOrder(t *testing.T) {
	const n = 9
	g := gate{last: n}
	var in strings.Builder
	var want []int
	for i := range n + 1 {
		g.begun = append(g.begun, make(chan struct{}))
		if i > 0 {
			in.WriteString(alone(t, string(imagetest.Input(t, "gray8.png")), Scale{Size: Size{i, 1, Stretch}}))
			want = append(want, i)
		}
	}
	var out bytes.Buffer
	if err := RunStream(&out, strings.NewReader(in.String()), g, Options{}, 3); err != nil {
		t.Fatal(err)
	}
	var got []int
	for images := codec.NewSplitter(&out, codec.Limits{}); ; {
		m, err := images.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, decode(t, m).Bounds().Dx())
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("widths %v came out, want %v", got, want)
	}
}

// A window counts the images that have been read but not written.
type window struct {
	image         string
	left          int
	read, written atomic.Int64
	most          atomic.Int64
}

func (w *window) Read(p []byte) (int, error) {
	if w.left == 0 {
		return 0, io.EOF
	}
	w.left--
	w.read.Add(1)
	return copy(p, w.image), nil
}

func (w *window) Write(p []byte) (int, error) {
	w.most.Store(max(w.most.Load(), w.read.Load()-w.written.Add(1)))
	return len(p), nil
}

func TestStreamHoldsFew(t *testing.T) {
	const n, jobs = 500, 3
	w := window{image: string(imagetest.Input(t, "gray.jpg")), left: n}
	if err := RunStream(&w, &w, Gray{}, Options{}, jobs); err != nil {
		t.Fatal(err)
	}
	if w.written.Load() != n {
		t.Errorf("%d images came out, want %d", w.written.Load(), n)
	}
	if most := w.most.Load(); most > jobs {
		t.Errorf("%d images were held beside the one that was written, want at most %d", most, jobs)
	}
}

type fullDisk struct{ writes int }

var errFull = errors.New("disk full")

func (d *fullDisk) Write(p []byte) (int, error) {
	d.writes++
	return 0, errFull
}

func TestStreamEndsWhereItCannotWrite(t *testing.T) {
	image, disk := string(imagetest.Input(t, "gray.jpg")), new(fullDisk)
	w := &window{image: image, left: 1 << 40}
	err := RunStream(disk, w, Gray{}, Options{}, 2)
	if !errors.Is(err, errFull) || !strings.Contains(err.Error(), "image 1: output: disk full") {
		t.Errorf("error %v, want image 1: output: disk full", err)
	}
	if disk.writes != 1 {
		t.Errorf("%d writes, want 1", disk.writes)
	}
}

func TestStreamImageBeyondMemory(t *testing.T) {
	small, large := string(imagetest.Input(t, "gray.jpg")), string(imagetest.Input(t, "photo444p.jpg"))
	var out bytes.Buffer
	err := RunStream(&out, strings.NewReader(small+large+small), Gray{}, Options{Limits: codec.Limits{Memory: int64(len(large) - 1)}}, 2)
	if err == nil || !strings.Contains(err.Error(), "image 2: input: JPEG of more than") {
		t.Errorf("error %v, want one of image 2", err)
	}
	if want := strings.Repeat(alone(t, small, Gray{}), 2); out.String() != want {
		t.Errorf("%d bytes came out, want the %d of the other two", out.Len(), len(want))
	}
}
