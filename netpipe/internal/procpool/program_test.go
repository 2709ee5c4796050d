package procpool

import (
	"slices"
	"testing"
)

// More variables replace those of the same names, and the others stay.
func TestWithEnv(t *testing.T) {
	base := &program{Program: Program{Env: []string{"A=1", "AB=2", "C=3"}}}
	for _, test := range []struct{ more, want []string }{
		{nil, []string{"A=1", "AB=2", "C=3"}},
		{[]string{"A=x"}, []string{"AB=2", "C=3", "A=x"}},
		{[]string{"D=x", "C="}, []string{"A=1", "AB=2", "D=x", "C="}},
	} {
		if got := base.withEnv(test.more).Env; !slices.Equal(got, test.want) {
			t.Errorf("%q: want %q, got %q", test.more, test.want, got)
		}
	}
	if base.Env[0] != "A=1" {
		t.Errorf("the variables of all processes were changed: %q", base.Env)
	}
}
