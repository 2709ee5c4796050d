package pnm_test

import (
	"fmt"
	"log"
	"os"
	"strings"

	"imgpipe/filters/pnm"
)

// Example converts a plain PGM to a binary PGM.
func Example() {
	const maxPixels = 1 << 20
	r, err := pnm.NewReader(strings.NewReader("P2 3 1 255  65 66 67"))
	if err != nil {
		log.Fatal(err)
	}
	h := r.Header()
	if h.Width > maxPixels/h.Height {
		log.Fatalf("%dx%d is too large", h.Width, h.Height)
	}
	h.Magic = pnm.PGM
	w, err := pnm.NewWriter(os.Stdout, h)
	if err != nil {
		log.Fatal(err)
	}
	row := make([]byte, h.RowBytes())
	for range h.Height {
		if err := r.ReadRow(row); err != nil {
			log.Fatal(err)
		}
		if err := w.WriteRow(row); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println()
	// Output:
	// P5
	// 3 1
	// 255
	// ABC
}
