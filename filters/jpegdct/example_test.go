package jpegdct_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"imgpipe/filters/jpegdct"
)

// Convert a JPEG to gray. Keep comments, but no other metadata.
func ExampleReader_Gray() {
	in, err := os.Open("testdata/9x17.jpg")
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close()
	r, err := jpegdct.NewReader(in, jpegdct.ReaderOptions{})
	if err != nil {
		log.Fatal(err)
	}
	var keep []jpegdct.Segment
	for _, seg := range r.Header().Segments {
		if seg.Marker == jpegdct.COM {
			keep = append(keep, seg)
		}
	}
	var out bytes.Buffer
	if err := r.Gray(&out, jpegdct.GrayOptions{Segments: keep}); err != nil {
		log.Fatal(err)
	}

	gray, err := jpegdct.NewReader(&out, jpegdct.ReaderOptions{})
	if err != nil {
		log.Fatal(err)
	}
	h := gray.Header()
	fmt.Printf("%v %v, %dx%d\n", h.Process, h.ColorSpace, h.Width, h.Height)
	// Output: baseline gray, 9x17
}

// Scale a JPEG by 1/2. If this package does not support the file, pass it to another
// decoder.
func ExampleReader_Scale() {
	in, err := os.Open("testdata/9x17.jpg")
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close()
	r, err := jpegdct.NewReader(in, jpegdct.ReaderOptions{})
	if err != nil {
		log.Fatal(err)
	}
	var out bytes.Buffer
	err = r.Scale(&out, jpegdct.ScaleOptions{Denominator: 2})
	if errors.Is(err, jpegdct.ErrUnsupported) {
		whole, err := r.Replay()
		if err != nil {
			log.Fatal(err)
		}
		_, err = io.Copy(io.Discard, whole) // to another decoder
		log.Fatal(err)
	}
	if err != nil {
		log.Fatal(err)
	}
	half, err := jpegdct.NewReader(&out, jpegdct.ReaderOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%dx%d\n", half.Header().Width, half.Header().Height)
	// Output: 5x9
}

// Decode a JPEG, change its samples, and encode it with the quantisation tables and
// the sampling factors of the source.
func ExampleReader_Decode() {
	in, err := os.Open("testdata/9x17.jpg")
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close()
	r, err := jpegdct.NewReader(in, jpegdct.ReaderOptions{})
	if err != nil {
		log.Fatal(err)
	}
	limit := func(bytes int64) error {
		if bytes > 1<<30 {
			return errors.New("picture is too big")
		}
		return nil
	}
	p, err := r.Decode(jpegdct.DecodeOptions{Allow: limit})
	if err != nil {
		log.Fatal(err)
	}
	luma := p.Planes[0]
	for i, v := range luma.Pix {
		luma.Pix[i] = 255 - v
	}
	var out bytes.Buffer
	if err := jpegdct.Encode(&out, p, jpegdct.EncodeOptions{}); err != nil {
		log.Fatal(err)
	}
	for _, c := range p.Planes {
		fmt.Printf("%dx%d of %dx%d samples\n", c.H, c.V, c.Width, c.Height)
	}
	// Output:
	// 2x2 of 9x17 samples
	// 1x1 of 5x9 samples
	// 1x1 of 5x9 samples
}
