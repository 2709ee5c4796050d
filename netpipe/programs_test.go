package netpipe

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestPrograms(t *testing.T) {
	for _, test := range []struct {
		filter string
		want   [][]string // nil: an error
	}{
		{"", nil},
		{"a", [][]string{{"a"}}},
		{"a -x 1", [][]string{{"a", "-x", "1"}}},
		{"a + b -x", [][]string{{"a"}, {"b", "-x"}}},
		{"a -x + a + c d", [][]string{{"a", "-x"}, {"a"}, {"c", "d"}}},
		{"a +1 ++ b+", [][]string{{"a", "+1", "++", "b+"}}},
		{"+", nil},
		{"a +", nil},
		{"+ a", nil},
		{"a + + b", nil},
		{"a + ", nil}, // an empty argument
	} {
		got, err := Programs(strings.Split(test.filter, " "))
		if test.want == nil && !errors.Is(err, ErrNoProgram) || test.want != nil && err != nil || !slices.EqualFunc(got, test.want, slices.Equal[[]string]) {
			t.Errorf("%q: want %q, got %q and %v", test.filter, test.want, got, err)
		}
	}
}
