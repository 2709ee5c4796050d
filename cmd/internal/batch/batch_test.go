package batch

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// A fake is a Filter that copies a file. A file whose text begins with "again" fails
// with an AgainError as often as the fake has rounds to come.
type fake struct {
	again bool
	log   func(string)
}

func (f fake) Filter(out io.Writer, in io.Reader, warn func(string)) error {
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	f.log(string(text))
	switch {
	case f.again && strings.HasPrefix(string(text), "again"):
		_, _ = out.Write(make([]byte, 1000))
		return &AgainError{Err: errors.New("not now")}
	case strings.HasPrefix(string(text), "bad"):
		_, _ = out.Write(make([]byte, 1000))
		return errors.New("never")
	}
	_, err = out.Write(text)
	return err
}

func (fake) Close() {}

// TestRounds: what may be tried again is tried in the next round, everything else once. A
// try that failed leaves nothing.
func TestRounds(t *testing.T) {
	in, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	var files []string
	for _, name := range []string{"again1", "bad", "good"} {
		files = append(files, filepath.Join(in, name))
		if err := os.WriteFile(files[len(files)-1], []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		again [2]bool // in the first round and in the second one
		want  []string
		says  string
	}{
		{[2]bool{true, false}, []string{"again1", "good"}, "2 done, 0 skipped, 1 failed"},
		{[2]bool{true, true}, []string{"good"}, "again1: not now (2 tries)"},
		{[2]bool{false, false}, []string{"again1", "good"}, "bad: never"},
	} {
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var tried []string
		log := func(text string) {
			mu.Lock()
			defer mu.Unlock()
			tried = append(tried, text)
		}
		b := &Batch{Program: "test", Command: "test", Dir: out}
		for _, again := range c.again {
			b.Rounds = append(b.Rounds, Round{Jobs: 2, NewFilter: func() Filter { return fake{again, log} }})
		}
		err := b.Run(files)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v, want %s", c.again, err, c.says)
		}
		entries, err := os.ReadDir(out)
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v: %q, want %q; %v", c.again, got, c.want, err)
		}
		slices.Sort(tried)
		want := []string{"again1", "bad", "good"}
		if c.again[0] {
			want = []string{"again1", "again1", "bad", "good"}
		}
		if !slices.Equal(tried, want) {
			t.Errorf("%v: tried %q, want %q", c.again, tried, want)
		}
	}
}

// TestPlan names the results without any file being written.
func TestPlan(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"a/x.pgm": "P2 1 1 9 1", "a/b/y.jpg": "P7\n", "a/b/text.jpg": "text", "c/x.pgm": "P2 1 1 9 1",
		"out/old.pgm": "P2 1 1 9 1", "a/photo": "\xff\xd8\xff\xe0",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name     string
		batch    Batch
		operands []string
		want     []string // names of results
		others   int
		err      string
	}{
		{name: "a folder", operands: []string{"a"}, want: []string{"b/y.pam", "photo.jpg", "x.pgm"}, others: 1},
		{name: "with a slash", operands: []string{"a/"}, want: []string{"b/y.pam", "photo.jpg", "x.pgm"}, others: 1},
		{name: "its own folder alone", batch: Batch{NoRecurse: true}, operands: []string{"a"}, want: []string{"photo.jpg", "x.pgm"}},
		{name: "a file that is named", operands: []string{"a/b/text.jpg"}, want: []string{"text.jpg"}},
		{name: "a format", batch: Batch{Format: "PNG"}, operands: []string{"a"}, want: []string{"b/y.png", "photo.png", "x.png"}, others: 1},
		{name: "a prefix", batch: Batch{Prefix: "new-"}, operands: []string{"a"}, want: []string{"b/new-y.pam", "new-photo.jpg", "new-x.pgm"}, others: 1},
		{name: "a folder with the results in it", operands: []string{"."}, want: []string{"a/b/y.pam", "a/photo.jpg", "a/x.pgm", "c/x.pgm"}, others: 1},
		{name: "a file twice", operands: []string{"a/x.pgm", "./a/x.pgm"}, want: []string{"x.pgm"}},
		{name: "two of one name", operands: []string{"a", "c"}, err: "a/x.pgm and c/x.pgm would both become out/x.pgm"},
		{name: "over itself", operands: []string{"out"}, err: "the result of out/old.pgm would overwrite it"},
		{name: "over itself by its path", operands: []string{"out/../out/old.pgm"}, err: "would overwrite it"},
	} {
		c.batch.Dir = "out"
		p, err := c.batch.newPlan(c.operands)
		if c.err != "" || err != nil {
			if c.err == "" || err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want %q", c.name, err, c.err)
			}
			continue
		}
		var got []string
		for _, s := range p.sources {
			got = append(got, s.name)
		}
		if !slices.Equal(got, c.want) || p.others != c.others {
			t.Errorf("%s: %q and %d others, want %q and %d", c.name, got, p.others, c.want, c.others)
		}
	}
}

// TestLooksLikeFile: a directory that is not there, and is named as a picture or as the file
// to filter, was meant to be a file.
func TestLooksLikeFile(t *testing.T) {
	for _, c := range []struct {
		dir, file string
		want      bool
	}{
		{"new", "a.jpg", false},
		{"new.jpg", "a.png", true},
		{"new.JPG", "a", true},
		{"new.jpg/", "a.jpg", false},
		{"new.txt", "a.txt", true},
		{"new.txt", "a.jpg", false},
		{"new.d/out", "a.jpg", false},
		{"new", "a", false},
	} {
		b := &Batch{Dir: c.dir}
		if got := b.looksLikeFile(&source{path: c.file}); got != c.want {
			t.Errorf("-o %s for %s: %v, want %v", c.dir, c.file, got, c.want)
		}
	}
}

// TestWithin: a path is within a directory by whole names.
func TestWithin(t *testing.T) {
	for _, c := range []struct {
		dir, path string
		want      bool
	}{
		{"out", "out", true},
		{"out", "out/a.jpg", true},
		{"out/", "./out/b/a.jpg", true},
		{"out", "outside/a.jpg", false},
		{"out", "in/../out/a.jpg", true},
		{"out", "out/../a.jpg", false},
		{"out/b", "out", false},
		{".", "a.jpg", true},
		{"/", "a.jpg", true},
	} {
		if got := within(c.dir, c.path); got != c.want {
			t.Errorf("%s in %s: %v, want %v", c.path, c.dir, got, c.want)
		}
	}
}

// TestOthersInFolders: what is no regular file is no picture.
func TestOthersInFolders(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("a/folder", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo("a/pipe.jpg", 0o666); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"a/dangling.jpg": "nothing", "a/link": "folder"} {
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}
	b := Batch{Dir: "out"}
	p, err := b.newPlan([]string{"a"})
	if err != nil || len(p.sources) != 0 || p.others != 2 {
		t.Errorf("%+v, want no sources and 2 others; %v", p, err)
	}
}

// TestProgress: a bar fills the width of the terminal but for its last column, and makes
// room for lines.
func TestProgress(t *testing.T) {
	var screen strings.Builder
	p := &progress{program: "test", w: &screen, width: 20, total: 4}
	p.increment()
	p.print("a line\nand more")
	p.end()
	const bar = "\r[##        ] 1 of 4"
	if want := bar + "\r\x1b[Ktest: a line and more\n" + bar + "\r\x1b[K"; screen.String() != want {
		t.Errorf("%q, want %q", screen.String(), want)
	}
	for _, quiet := range []*progress{{total: 4}, {total: 4, width: 5}, {width: 80}} {
		screen.Reset()
		quiet.w = &screen
		if quiet.increment(); screen.Len() > 0 {
			t.Errorf("a bar of %d columns for %d files: %q", quiet.width, quiet.total, screen.String())
		}
	}
}
