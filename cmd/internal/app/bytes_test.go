package app

import "testing"

func TestBytes(t *testing.T) {
	for _, test := range []struct {
		in   string
		want string // "" means an error
	}{
		{"0", "0"},
		{"300", "300"},
		{"64KiB", "64KiB"},
		{"1.5 MiB", "1536KiB"},
		{"4GiB", "4GiB"},
		{"1024", "1KiB"},
		{"10M", "10MiB"},
		{"10m", "10MiB"},
		{"10k", "10KiB"},
		{"2G", "2GiB"},
		{"", ""}, {"-1", ""}, {"1.5", ""}, {"4GB", ""}, {"1e30", ""}, {"NaN", ""}, {"KiB", ""}, {"0x10", ""}, {"10iB", ""}, {"10KM", ""}, {"M", ""},
	} {
		var b Bytes
		err := b.Set(test.in)
		if (err != nil) != (test.want == "") || err == nil && b.String() != test.want {
			t.Errorf("%q: want %q, got %q and %v", test.in, test.want, b.String(), err)
		}
	}
}
