package objects

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

// No key leads out of a directory, and what is no regular file is no object.
func TestDirectoryStays(t *testing.T) {
	outside := t.TempDir()
	dir := t.TempDir()
	d := directory(dir)
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"../" + filepath.Base(outside) + "/secret", "link/secret", filepath.Join(outside, "secret"), "pipe", ".", ""} {
		if _, r, err := d.Get(t.Context(), key); err == nil {
			r.Close()
			t.Errorf("Get %q: no error", key)
		}
	}
	for _, key := range []string{"../made", "link/made", filepath.Join(outside, "made"), "."} {
		if err := d.Put(t.Context(), Object{Key: key, Size: 1}, content("x")); err == nil {
			t.Errorf("Put %q: no error", key)
		}
	}
	if entries, _ := os.ReadDir(outside); len(entries) != 1 {
		t.Errorf("outside there are %v", entries)
	}
	if err := d.List(t.Context(), "", "", func(o Object) error { return errors.New(o.Key) }); err != nil {
		t.Errorf("List has %v", err)
	}
}

// Each file has one key. Other keys, which S3 may have, are refused.
func TestDirectoryKeys(t *testing.T) {
	d := directory(t.TempDir())
	for _, key := range []string{"a//b", "a/./b", "./a", "a/../b", "../z", "/a", "c/", "a\x00b", "not UTF-8 \xff", ".", ".."} {
		_, statErr := d.Stat(t.Context(), key)
		_, _, getErr := d.Get(t.Context(), key)
		for call, err := range map[string]error{"Stat": statErr, "Get": getErr, "Put": d.Put(t.Context(), Object{Key: key, Size: 1}, content("x"))} {
			if !errors.Is(err, ErrKey) {
				t.Errorf("%s %q: want %v, got %v", call, key, ErrKey, err)
			}
		}
	}
	for _, key := range []string{"a", ".a", "a b/c\nd", "é/..."} {
		if err := d.Put(t.Context(), Object{Key: key, Size: 1}, content("x")); err != nil {
			t.Errorf("Put %q: %v", key, err)
		}
	}
}

// A directory may be named by a symbolic link.
func TestDirectoryIsLink(t *testing.T) {
	dir := t.TempDir()
	if err := directory(dir).Put(t.Context(), Object{Key: "2026/a", Size: 1}, content("x")); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	var keys []string
	if err := directory(link).List(t.Context(), "", "", func(o Object) error { keys = append(keys, o.Key); return nil }); err != nil || !slices.Equal(keys, []string{"2026/a"}) {
		t.Errorf("List: got %q, %v", keys, err)
	}
	if _, err := directory(link).Stat(t.Context(), "2026/a"); err != nil {
		t.Errorf("Stat: %v", err)
	}
	gone := filepath.Join(t.TempDir(), "gone")
	if err := os.Symlink(filepath.Join(dir, "none"), gone); err != nil {
		t.Fatal(err)
	}
	if err := directory(gone).List(t.Context(), "", "", func(Object) error { return nil }); !errors.Is(err, ErrNotFound) {
		t.Errorf("List of a link to nothing: got %v", err)
	}
}

// A file that is not whole has no name, and is not listed.
func TestDirectoryWhole(t *testing.T) {
	dir := t.TempDir()
	d := directory(dir)
	if err := d.Put(t.Context(), Object{Key: "a", Size: 3}, content("old")); err != nil {
		t.Fatal(err)
	}
	broken := func() io.Reader {
		return io.MultiReader(strings.NewReader("ne"), iotest.ErrReader(errors.New("broken")))
	}
	if err := d.Put(t.Context(), Object{Key: "a", Size: 3}, broken); err == nil {
		t.Error("no error")
	}
	if text, err := os.ReadFile(filepath.Join(dir, "a")); err != nil || string(text) != "old" {
		t.Errorf("got %q, %v", text, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("there are %v", entries)
	}
	left := filepath.Join(dir, ".b.01234567.tmp") // by a program that was killed
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.List(t.Context(), "", "a", func(o Object) error { return errors.New(o.Key) }); err != nil {
		t.Errorf("List has %v", err)
	}
}

// In a directory that is not there is no result, but its objects may be there again.
func TestDirectoryIsMissing(t *testing.T) {
	d := directory(filepath.Join(t.TempDir(), "not mounted"))
	if _, err := d.Stat(t.Context(), "a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("Stat: want %v, got %v", ErrNotFound, err)
	}
	if _, _, err := d.Get(t.Context(), "a"); err == nil || errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), string(d)) {
		t.Errorf("Get: got %v", err)
	}
}

// A file system without room is busy, and nothing is left of the file.
func TestDirectoryIsFull(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		err  error
		busy bool
	}{
		{syscall.ENOSPC, true}, {syscall.EDQUOT, true}, {syscall.EROFS, true}, {syscall.EIO, false},
	} {
		err := directory(dir).Put(t.Context(), Object{Key: "a/b", Size: 3}, func() io.Reader {
			// as if the write had failed
			return iotest.ErrReader(&fs.PathError{Op: "write", Path: "a/b", Err: test.err})
		})
		if err == nil || errors.Is(err, ErrBusy) != test.busy {
			t.Errorf("%v: got %v, busy: %t", test.err, err, errors.Is(err, ErrBusy))
		}
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "a")); err != nil || len(entries) > 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
}

func TestParseLocation(t *testing.T) {
	work, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		text, store, prefix string // store "": an error
	}{
		{"s3://photos", "s3://photos", ""},
		{"s3://photos/", "s3://photos", ""},
		{"s3://photos/2026", "s3://photos", "2026/"},
		{"s3://photos/2026/", "s3://photos", "2026/"},
		{"s3://", "", ""},
		{"s3://key:secret@photos/", "", ""},
		{"http://photos", "", ""},
		{"", "", ""},
		{"a b%", "file://" + work + "/a%20b%25", ""},
		{"/x/../y/", "file:///y", ""},
	} {
		got, err := ParseLocation(test.text)
		if (err == nil) != (test.store != "") || got.Store != test.store || got.Prefix != test.prefix {
			t.Errorf("%q: got %+v, %v", test.text, got, err)
		}
		if strings.HasPrefix(got.Store, "file:") {
			if d, err := (Options{}).Open(got.Store); err != nil || "file://"+strings.NewReplacer("%", "%25", " ", "%20").Replace(string(d.(directory))) != got.Store {
				t.Errorf("%q: opened as %v, %v", got.Store, d, err)
			}
		}
	}
}

// An error of a PUT names the directory and the object, also if it is about another file.
func TestDirectoryPutNamesObject(t *testing.T) {
	d := directory(t.TempDir())
	if err := d.Put(t.Context(), Object{Key: "a", Size: 3}, content("abc")); err != nil {
		t.Fatal(err)
	}
	err := d.Put(t.Context(), Object{Key: "a/b", Size: 3}, content("abc")) // a is no folder
	if want := filepath.Join(string(d), "a/b") + ": "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("want %q and the reason, got %v", want, err)
	}
}

func TestOverlaps(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.MkdirAll("photos/2026", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("photos", "link"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"photos", "photos", true},
		{"photos", "./photos/", true},
		{"photos", "photos/thumbs", true},
		{"photos", "photos/2026/thumbs", true},
		{"photos", "link/thumbs/not/made/yet", true},
		{"photos/2026", "link", true},
		{"/", "photos", true},
		{"photos", "photos-2", false},
		{"photos/2026", "photos/thumbs", false},
		{"photos", "thumbs/photos", false},
		{"s3://photos", "s3://photos", true},
		{"s3://photos", "s3://photos/thumbs", true},
		{"s3://photos/2026", "s3://photos/2026/thumbs", true},
		{"s3://photos/2026", "s3://photos/20", false},
		{"s3://photos", "s3://photos-2", false},
		{"s3://photos/in", "s3://photos/out", false},
		{"s3://photos", "photos", false},
	} {
		a, err := ParseLocation(test.a)
		if err != nil {
			t.Fatal(err)
		}
		b, err := ParseLocation(test.b)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Overlaps(b); got != test.want || b.Overlaps(a) != got {
			t.Errorf("%s and %s: want %t, got %t and %t", test.a, test.b, test.want, got, b.Overlaps(a))
		}
	}
}
