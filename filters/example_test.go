package filters_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"log"
	"os"
	"strings"

	"imgpipe/filters"
	"imgpipe/filters/codec"
)

// A Chain makes a photo gray, and then half as large, as `imggray | imgscale` and
// `imgscale -gray` do.
func ExampleChain() {
	photo, err := os.Open("../testdata/rocket.jpg")
	if err != nil {
		log.Fatal(err)
	}
	defer photo.Close()
	var half bytes.Buffer
	if err := filters.Run(&half, photo, filters.Chain{filters.Gray{}, filters.Scale{}}, filters.Options{}); err != nil {
		log.Fatal(err)
	}
	p, err := codec.Decode(&half, codec.DecodeOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, %T, %v\n", p.Format, p.Frames[0].Image, p.Frames[0].Image.Bounds().Size())
	// Output: JPEG, *image.Gray, (320,214)
}

// Errors have kinds, so that a program can tell them apart without looking at
// their text.
func Example_errors() {
	photo, err := os.ReadFile("../testdata/rocket.jpg")
	if err != nil {
		log.Fatal(err)
	}
	for _, in := range []string{"", "Dear Sir or Madam,", "P5 9999 9999 255\n", string(photo[:len(photo)/2])} {
		var out bytes.Buffer
		err := filters.Run(&out, strings.NewReader(in), filters.Scale{}, filters.Options{Limits: codec.Limits{Pixels: 1e6}})
		var input *filters.InputError
		var limit *codec.LimitError
		switch {
		case errors.Is(err, codec.ErrEmpty), errors.Is(err, codec.ErrFormat):
			fmt.Println("send an image")
		case errors.As(err, &limit) && limit.Limit == codec.MaxPixels:
			fmt.Println("send a smaller image")
		case errors.Is(err, codec.ErrTruncated), errors.Is(err, codec.ErrCorrupt):
			fmt.Println("send the image again")
		case errors.As(err, &input):
			fmt.Println("this image cannot be processed:", err)
		case err != nil:
			fmt.Println("the result cannot be written:", err)
		}
	}
	// Output:
	// send an image
	// send an image
	// send a smaller image
	// send the image again
}

// A stream is any number of images one after another, in any formats but TIFF.
func ExampleRunStream() {
	var in, out bytes.Buffer
	for range 3 {
		p := &codec.Picture{Frames: []codec.Frame{{Image: image.NewGray(image.Rect(0, 0, 64, 48))}}}
		if err := codec.Encode(&in, p, codec.EncodeOptions{Format: codec.PNG}); err != nil {
			log.Fatal(err)
		}
	}
	if err := filters.RunStream(&out, &in, filters.Scale{}, filters.Options{}, 2); err != nil {
		log.Fatal(err)
	}
	images := codec.NewSplitter(&out, codec.Limits{})
	for image, err := images.Next(); err == nil; image, err = images.Next() {
		p, err := codec.Decode(bytes.NewReader(image), codec.DecodeOptions{})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(p.Format, p.Frames[0].Image.Bounds().Size())
	}
	// Output:
	// PNG (32,24)
	// PNG (32,24)
	// PNG (32,24)
}

// flip turns an image upside down.
type flip struct{}

func (flip) Apply(p *codec.Picture, _ codec.Limits) error {
	for i, f := range p.Frames {
		gray, ok := f.Image.(*image.Gray)
		if !ok {
			return errors.New("only gray images are flipped")
		}
		out := image.NewGray(gray.Rect)
		for y := range gray.Rect.Dy() {
			copy(out.Pix[y*out.Stride:], gray.Pix[(gray.Rect.Dy()-1-y)*gray.Stride:][:gray.Rect.Dx()])
		}
		p.Frames[i].Image = out
	}
	return nil
}

// A filter of one's own is a type with one method.
func ExampleFilter() {
	in := strings.NewReader("P2 2 2 9 0 0 9 9")
	var out bytes.Buffer
	if err := filters.Run(&out, in, flip{}, filters.Options{}); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", out.Bytes())
	// Output: "P5\n2 2\n9\n\t\t\x00\x00"
}
