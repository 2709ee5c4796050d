package procpool

import (
	"strings"
	"testing"
)

func TestTail(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", tailSize/16)
	for _, test := range []struct {
		name   string
		writes []string
		want   string
	}{
		{"nothing", nil, ""},
		{"a line", []string{"a line\n"}, "a line"},
		{"two lines", []string{"a\n", " b \n"}, "a\n b"},
		{"not UTF-8", []string{"a\xffb"}, "a?b"},
		{"as much as is kept", []string{long}, long},
		{"much", []string{"cause\n", long, "\nend!\n"}, "cause\n…" + long[6:] + "\nend!"},
		{"much at once", []string{"cause\n" + long + long}, "cause\n…" + long},
		{"a long first line", []string{long, "end"}, long[:headSize] + "\n…" + long[3:] + "end"},
	} {
		var tail tail
		for range 2 {
			for _, text := range test.writes {
				tail.append([]byte(text))
			}
			if got := tail.drain(); got != test.want {
				t.Errorf("%s: want %q, got %q", test.name, test.want, got)
			}
		}
	}
}
