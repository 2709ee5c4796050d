package filters

import (
	"fmt"
	"strings"

	"github.com/disintegration/imaging"
)

// kernels are the resampling filters by the names that users write, in
// alphabetical order.
var kernels = [...]struct {
	name   string
	filter *imaging.ResampleFilter
}{
	{"bartlett", &imaging.Bartlett},
	{"blackman", &imaging.Blackman},
	{"box", &imaging.Box},
	{"bspline", &imaging.BSpline},
	{"catmullrom", &imaging.CatmullRom},
	{"cosine", &imaging.Cosine},
	{"gaussian", &imaging.Gaussian},
	{"hamming", &imaging.Hamming},
	{"hann", &imaging.Hann},
	{"hermite", &imaging.Hermite},
	{"lanczos", &imaging.Lanczos},
	{"linear", &imaging.Linear},
	{"mitchell", &imaging.MitchellNetravali},
	{"nearest", &imaging.NearestNeighbor},
	{"welch", &imaging.Welch},
}

// Kernels returns the names that Scale.Kernel may have, in alphabetical order.
func Kernels() []string {
	var names []string
	for _, k := range kernels {
		names = append(names, k.name)
	}
	return names
}

// kernelByName returns the filter of a name, in upper or lower case. The empty
// name means lanczos.
func kernelByName(name string) (imaging.ResampleFilter, error) {
	if name == "" {
		return imaging.Lanczos, nil
	}
	for _, k := range kernels {
		if strings.EqualFold(k.name, name) {
			return *k.filter, nil
		}
	}
	return imaging.ResampleFilter{}, fmt.Errorf("unknown kernel %q (want %s)", name, strings.Join(Kernels(), ", "))
}
