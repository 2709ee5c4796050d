package netpipe

import (
	"slices"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
)

func TestFilterEnvironment(t *testing.T) {
	pipetest.Parallel(t)
	all := []string{"PATH=/bin", "HOME=/root", "LANG=C", "LC_ALL=C", "LC_TIME=C", "TZ=UTC", "TMPDIR=/tmp", "IMGPIPE_MAX_SECONDS=60",
		"PATHS=/x", "AWS_SECRET=x", "GITHUB_TOKEN=x", "NETPIPE_LISTEN=:1", "LD_PRELOAD=/x.so", "EMPTY=", "X=a=b"}
	want := slices.Concat(all[:8], []string{"EMPTY=", "X=a=b"})
	if got := filterEnvironment(all, []string{"X", "EMPTY", "MISSING"}); !slices.Equal(got, want) {
		t.Errorf("want %q, got %q", want, got)
	}
	if got := filterEnvironment([]string{"A=b"}, nil); got == nil || len(got) != 0 {
		t.Errorf("nothing to hand on: want an empty list, which is not that of this program; got %#v", got)
	}
}

func TestForClients(t *testing.T) {
	pipetest.Parallel(t)
	env := environment{"HOME=/srv/my filters", "IMGPIPE_KEY=s3cret", "IMGPIPE_MAX_SECONDS=10000", "IMGPIPE_PARAM=size", "PIN=86420", "LANG=C", "PATH=/usr/bin:/bin"}
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"imggray: input: truncated JPEG", "imggray: input: truncated JPEG"},
		{"image/png of 3/4, 10000 s, w/h", "image/png of 3/4, 10000 s, w/h"},
		{"sh: 1: /opt/secret/tool: not found", "sh: 1: tool: not found"},
		{"open /tmp/a: no such file", "open a: no such file"},
		{"/a/b/c", "c"},
		{"in /srv/data/.", "in ."},
		{"in /srv/data/ or //srv//x/", "in data or x"},
		{`  File "/srv/app/filter.py", line 3`, `  File "filter.py", line 3`},
		{"\t/build/src/main.go:12 +0x1d", "\tmain.go:12 +0x1d"},
		{"config=/etc/x.conf;dir='/var/lib/y'", "config=x.conf;dir='y'"},
		{"in /srv/my filters/lib", "in lib"},
		{"cd /srv/my filters", "cd $HOME"},
		{"the key s3cret is wrong", "the key $IMGPIPE_KEY is wrong"},
		{"invalid size", "invalid size"},
		{"PATH is /usr/bin:/bin", "PATH is $PATH"},
		{"bad <b>input</b> in </srv/x>", "bad <b>input</b> in <x>"},
		{"the pin 86420 is wrong", "the pin $PIN is wrong"},
		{"file:///etc/passwd", "file:passwd"},
		{"no memory\n…et/dir/x: what\nthen /a/b", "no memory … then b"},
		{"no memory\n…et/dir/x", "no memory … et/dir/x"},
	} {
		if got := env.forClients(test.text); got != test.want {
			t.Errorf("%q: want %q, got %q", test.text, test.want, got)
		}
	}
}
