package jpegdct

import (
	"bytes"
	"testing"
)

// TestScalePaths: Scale makes the same picture of a file in all ways of coding that
// jpegtran knows: sequential, progressive, arithmetic, and with restart markers, which let
// Scale read bands.
func TestScalePaths(t *testing.T) {
	tool(t, "jpegtran")
	for _, name := range []string{"base-1x1.jpg", "sub-2x1-1x2.jpg", "rocket"} {
		var data []byte
		if name == "rocket" {
			data = read(t, "../../testdata/rocket.jpg")
		} else {
			data = variant(t, name)
		}
		for _, n := range []int{2, 4, 8} {
			want := scaledPlanes(t, data, n)
			for _, option := range []string{"-progressive", "-arithmetic", "-optimize", "-restart"} {
				args := []string{option}
				if option == "-restart" {
					args = append(args, "1")
				}
				other, err := run(data, "jpegtran", args...)
				if err != nil {
					t.Logf("jpegtran %s: %v", option, err) // it may lack arithmetic coding
					continue
				}
				got := scaledPlanes(t, other, n)
				for i := range want {
					if !bytes.Equal(got[i], want[i]) {
						t.Errorf("%s by 1/%d after jpegtran %s: plane %d differs", name, n, option, i+1)
					}
				}
			}
		}
	}
}

// scaledPlanes scales by 1/n and returns the samples of the result.
func scaledPlanes(t *testing.T, in []byte, n int) (planes [][]byte) {
	t.Helper()
	for _, c := range mustScale(t, in, n, 90).Planes {
		planes = append(planes, tight(c))
	}
	return planes
}
