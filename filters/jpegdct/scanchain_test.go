package jpegdct

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

// TestScansAtOnce: scans decoded at the same time give the same picture, or the same error,
// as one scan after the other.
func TestScansAtOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 7))
	files := map[string][]byte{"scans with the same tables": manyScans(256, 20)}
	for name, in := range pictures(t) {
		r, err := NewReader(bytes.NewReader(in), ReaderOptions{})
		if err != nil || r.Header().Process != Progressive || len(in) > 200<<10 {
			continue
		}
		files[name] = in
		for i := range 7 {
			files[fmt.Sprintf("%s, bit flipped, %d", name, i)] = edited(in, func(data []byte) {
				data[len(data)/2+random.IntN(len(data)/2)] ^= 1 << random.IntN(8)
			})
		}
		for i, at := range mapJPEG(in).scans {
			files[fmt.Sprintf("%s, scan %d begins with no code", name, i)] = insert(in, []int{at}, 0xFF, 0, 0xFF, 0, 0xFF, 0)
		}
	}
	decoded, refused := 0, 0
	for name, in := range files {
		want, wantErr := scaledOn(1, in)
		got, err := scaledOn(4, in)
		switch {
		case (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error():
			t.Errorf("%s: error %v, one scan after the other %v", name, err, wantErr)
		case !bytes.Equal(got, want):
			t.Errorf("%s: the pictures differ", name)
		case err == nil:
			decoded++
		default:
			refused++
		}
	}
	if decoded == 0 || refused == 0 {
		t.Errorf("%d files decoded and %d refused, want some of both", decoded, refused)
	}
}

// scaledOn scales a JPEG by 1/2 on so many processors.
func scaledOn(processors int, in []byte) ([]byte, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	return scaled(in, 2, 0)
}
