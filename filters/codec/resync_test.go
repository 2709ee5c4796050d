package codec

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"imgpipe/filters/internal/imagetest"
)

// TestResync damages one image of a stream, at many of its bytes: none of the other
// images is lost. There is garbage between all of them.
func TestResync(t *testing.T) {
	names := []string{"gray.jpg", "palette8.png", "still.gif", "bits.pbm", "lossless.webp", "rgb8.bmp", "animated.gif", "gray8.png", "gray.jpg"}
	var images []string
	for _, name := range names {
		images = append(images, string(imagetest.Input(t, name)))
	}
	between := []string{"", "\xff\xd9", "\x00\x00\x00", "--boundary\r\nContent-Type: image/jpeg\r\n\r\n", "BM P5 GIF89a"}
	random := rand.New(rand.NewPCG(1, 2))
	for k, image := range images {
		step := 1 + len(image)/200
		if testing.Short() {
			step = 1 + len(image)/20
		}
		for at := 0; at < len(image); at += step {
			changed := []byte(image)
			changed[at] ^= byte(1 + random.IntN(255))
			long := image[:at] + "\xff\xff\xff" + image[at:]
			for how, damaged := range map[string]string{"cut at": image[:at], "changed at": string(changed), "longer at": long} {
				stream, rest := "", slices.Clone(images)
				for i, whole := range images {
					if stream += between[(i+at)%len(between)]; i == k {
						whole = damaged
					}
					stream += whole
				}
				got, _, err := split(strings.NewReader(stream), 1<<20)
				if err != nil {
					t.Fatal(err)
				}
				rest = slices.Delete(rest, k, k+1)
				for _, g := range got {
					if len(rest) > 0 && g == rest[0] {
						rest = rest[1:]
					}
				}
				if len(rest) > 0 {
					t.Errorf("%s %s %d of %d bytes: lost %d other images", names[k], how, at, len(image), len(rest))
				}
			}
		}
	}
}

// TestSplitWork splits streams that make a Splitter look twice at as much as
// possible. Any of them takes less than a second.
func TestSplitWork(t *testing.T) {
	const size = 256 << 10
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	png := string(imagetest.Input(t, "gray8.png"))
	for name, in := range map[string]string{
		"SOI":                          fill("\xff\xd8\xff"),
		"short segments":               "x" + fill("\xff\xd8\xff\xe0\x00\x08"),
		"segments in segments":         "x" + fill("\xff\xd8\xff\xe1\x00\x12............."),
		"long segments":                "x" + fill("\xff\xd8\xff\xe1\xff\xff"),
		"frame headers":                "x" + fill("\xff\xd8\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"),
		"PNG's signature":              fill(pngMagic),
		"PNG's headers":                fill(png[:33]),
		"PNG's headers of long chunks": fill(png[:33] + "\x7f\xff\xff\xffIDAT"),
		"PNG's chunks in chunks":       fill(png[:33] + "\x00\x00\x00\x25prVw"),
		"BM":                           fill("BM"),
		"BMP's headers":                fill("BM\xff\xff\xff\x7f\x00\x00\x00\x00\x1a\x00\x00\x00\x0c\x00\x00\x00\x01\x00\x01\x00\x01\x00\x18\x00"),
		"P5":                           fill("P5 "),
		"P5 in comments":               "x" + fill("P5 #"),
		"PNM's headers":                fill("P5 9999 9999 9\n"),
		"RIFF":                         fill("RIFF\xff\xff\xff\x7fWEBPVP8 "),
		"GIF's signature":              fill("GIF89a"),
		"GIF's headers":                fill("GIF89a\x01\x00\x01\x00\x00\x00\x00,"),
		"random bytes":                 noise(size),
	} {
		begun := imagetest.CPUTime(t)
		images, skipped, err := split(strings.NewReader(in), size)
		if err != nil {
			t.Error(err)
		}
		took := imagetest.CPUTime(t) - begun
		t.Logf("%s: %d images, %v skipped, %v", name, len(images), skipped, took.Round(time.Millisecond))
		if took > 10*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func noise(n int) string {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	return string(b)
}

// TestNoiseIsNoImage: of 64 MiB of noise, and of near-white pixels, which have many
// bytes of 0xff, nothing passes for an image.
func TestNoiseIsNoImage(t *testing.T) {
	if testing.Short() {
		t.Skip("two seconds")
	}
	white := rand.New(rand.NewPCG(3, 4))
	for name, next := range map[string]func() byte{
		"noise":  func() byte { return byte(white.Uint32()) },
		"pixels": func() byte { return []byte{0xff, 0xd8, 0xff, 0xc0, 0xe0, 0xff, 0xda, 0xff}[white.Uint32()%8] },
	} {
		b := make([]byte, 64<<20)
		for i := range b {
			b[i] = next()
		}
		images, skipped, err := split(io.MultiReader(strings.NewReader("x"), bytes.NewReader(b)), 1<<20)
		if len(images) > 0 || skipped.Bytes != int64(len(b)+1) || err != nil {
			t.Errorf("%s: %d images, %d bytes skipped, %v", name, len(images), skipped.Bytes, err)
		}
	}
}

// seeds adds the small files in testdata/in, each alone and twice.
func seeds(f *testing.F) {
	files, err := filepath.Glob(imagetest.Path(f, "testdata", "in", "*"))
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil && len(data) < 4000 {
			f.Add(data)
			f.Add(append(data[:len(data):len(data)], data...))
		}
	}
}

// FuzzSplit: the images do not depend on how many bytes come at a time. All bytes
// are in an image, or skipped, or padding. If there is one image alone, it has the
// pixels that Decode finds.
func FuzzSplit(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		images, skipped, err := split(bytes.NewReader(data), 1<<20)
		slow, slowSkipped, slowErr := split(iotest.OneByteReader(bytes.NewReader(data)), 1<<20)
		if !reflect.DeepEqual(images, slow) || skipped != slowSkipped || (err == nil) != (slowErr == nil) {
			t.Fatalf("images of %v bytes, skipped %v, error %v at once; of %v, %v, %v byte by byte", lengths(images), skipped, err, lengths(slow), slowSkipped, slowErr)
		}
		left, rest := skipped.Bytes, string(data)
		for i, m := range images {
			between, after, ok := strings.Cut(rest, m)
			if !ok {
				return // an error
			}
			if left -= int64(len(afterPadding(between+m)) - len(m)); left < 0 {
				t.Fatalf("image %d has %q before it, but only %v was skipped in all", i+1, between, skipped)
			}
			rest = after
		}
		if left -= int64(len(afterPadding(rest))); left != 0 {
			t.Fatalf("%v was skipped, of which %d bytes are not there", skipped, left)
		}
		l := Limits{Pixels: 1 << 20}
		whole, err := Decode(bytes.NewReader(data), DecodeOptions{Limits: l})
		if err != nil || whole.Format == BMP || whole.Format == TIFF || len(images) > 1 && images[0] != images[1] {
			return
		}
		if len(images) == 0 {
			t.Fatalf("a %s for Decode, and for the stream nothing", whole.Format)
		}
		first, err := Decode(strings.NewReader(images[0]), DecodeOptions{Limits: l})
		if err != nil || !reflect.DeepEqual(first.Frames, whole.Frames) {
			t.Fatalf("the first image of the stream is not what Decode finds: %v", err)
		}
	})
}

// afterPadding returns what a Splitter counts as skipped of the bytes between images.
func afterPadding(b string) string {
	for len(b) > 0 {
		if b[0] == 0xff && len(b) > 1 && b[1] != 0xff || b[0] != 0 && b[0] != 0xff && !isSpace(b[0]) {
			break
		}
		b = b[1:]
	}
	return b
}

// FuzzResync: an image behind anything is found. It may belong to what is before it:
// to a segment, which may have a thumbnail in it.
func FuzzResync(f *testing.F) {
	seeds(f)
	next := []string{
		string(imagetest.Input(f, "gray.jpg")), string(imagetest.Input(f, "gray8.png")), string(imagetest.Input(f, "still.gif")),
		string(imagetest.Input(f, "rgb8.bmp")), string(imagetest.Input(f, "lossless.webp")), "P5 4 4 255\n0123456789abcdef",
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, image := range next {
			images, _, err := split(io.MultiReader(bytes.NewReader(data), strings.NewReader(image)), 1<<20)
			if err != nil || len(images) == 0 || !strings.HasSuffix(images[len(images)-1], image) {
				t.Fatalf("behind %q an image of %d bytes is lost: images of %v bytes, error %v", data, len(image), lengths(images), err)
			}
		}
	})
}
