package pngrow_test

import (
	"bytes"
	"fmt"
	"io"
	"log"

	"imgpipe/filters/pngrow"
)

// invert writes the negative of a gray PNG. It holds only a few rows at a time.
func invert(w io.Writer, r io.Reader, maxPixels int) error {
	in, err := pngrow.NewReader(r, pngrow.ReaderOptions{})
	if err != nil {
		return err
	}
	h := in.Header()
	if h.Width > maxPixels/h.Height {
		return fmt.Errorf("%dx%d is too large", h.Width, h.Height)
	}
	if in.Channels() != 1 {
		return fmt.Errorf("%d channels, not gray", in.Channels())
	}
	out, err := pngrow.NewWriter(w, pngrow.Header{
		Width: h.Width, Height: h.Height, BitDepth: in.Depth(), ColourType: pngrow.Gray, Chunks: h.Chunks,
	})
	if err != nil {
		return err
	}
	row := make([]byte, in.RowBytes())
	for range h.Height {
		if err := in.ReadRow(row); err != nil {
			return err
		}
		for i := range row {
			row[i] = ^row[i]
		}
		if err := out.WriteRow(row); err != nil {
			return err
		}
	}
	after, err := in.Finish() // before Close: the output is complete only if the input was
	if err != nil {
		return err
	}
	return out.Close(after...)
}

// Example inverts an image row by row.
func Example() {
	var image, inverted bytes.Buffer
	w, err := pngrow.NewWriter(&image, pngrow.Header{Width: 3, Height: 1, BitDepth: 8, ColourType: pngrow.Gray})
	if err != nil {
		log.Fatal(err)
	}
	if err := w.WriteRow([]byte{0, 1, 200}); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}

	if err := invert(&inverted, &image, 1<<20); err != nil {
		log.Fatal(err)
	}
	r, err := pngrow.NewReader(&inverted, pngrow.ReaderOptions{})
	if err != nil {
		log.Fatal(err)
	}
	row := make([]byte, r.RowBytes())
	if err := r.ReadRow(row); err != nil {
		log.Fatal(err)
	}
	fmt.Println(row)
	// Output: [255 254 55]
}
