package imgcmd

import (
	"slices"
	"testing"

	"imgpipe/cmd/internal/app"
)

// TestParamOptions: a request may set the filter's own options and paramOptions, which are
// there. It may set no other.
func TestParamOptions(t *testing.T) {
	var o options
	own := []*app.Flag{app.Switch("own", new(bool), "an option of the filter")}
	flags := append(o.flags(own), own...)
	may := append(slices.Clone(paramOptions), "own")
	for _, name := range may {
		if !slices.ContainsFunc(flags, func(f *app.Flag) bool { return f.Name == name }) {
			t.Errorf("-%s may be a parameter, and is no option", name)
		}
	}
	param := flags[slices.IndexFunc(flags, func(f *app.Flag) bool { return f.Name == "param" })].Value
	for _, f := range flags {
		if err := param.Set(f.Name); (err == nil) != slices.Contains(may, f.Name) {
			t.Errorf("-%s: may be a parameter: want %t, got %v", f.Name, slices.Contains(may, f.Name), err)
		}
	}
	if err := param.Set("no-such"); err == nil {
		t.Error("what is no option may be a parameter")
	}
	if !slices.Equal(slices.Sorted(slices.Values(o.params)), slices.Sorted(slices.Values(may))) {
		t.Errorf("want the parameters %q, got %q", may, o.params)
	}
}
