package jpegdct

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"testing"
)

// TestScansAtOnce: scans decoded at the same time give the same picture, or the same error,
// as one scan after the other.
func TestScansAtOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 7))
	decoded, refused := 0, 0
	for name, in := range pictures(t) {
		r, err := NewReader(bytes.NewReader(in), ReaderOptions{})
		if err != nil || r.Header().Process != Progressive || len(in) > 200<<10 {
			continue
		}
		for round := range 8 {
			data := bytes.Clone(in)
			if round > 0 {
				data[len(data)/2+random.IntN(len(data)/2)] ^= 1 << random.IntN(8)
			}
			want, wantErr := scaledOn(1, data)
			got, err := scaledOn(4, data)
			switch {
			case (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error():
				t.Errorf("%s, round %d: error %v, one scan after the other %v", name, round, err, wantErr)
			case !bytes.Equal(got, want):
				t.Errorf("%s, round %d: the pictures differ", name, round)
			case err == nil:
				decoded++
			default:
				refused++
			}
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
