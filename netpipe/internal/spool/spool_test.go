package spool

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

// pattern returns n bytes in which a missing or a moved piece shows.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return b
}

// What is held comes out as it went in, whether in memory or in a file, and the
// budget is used only while it is held.
func TestSpool(t *testing.T) {
	sizes := []int{0, 1, firstSize - 1, firstSize, firstSize + 1, firstSize + nextSize, firstSize + nextSize + 1, ownMemory - 1, ownMemory, ownMemory + 1, 2*ownMemory + 12345}
	for i, size := range slices.Concat(sizes, sizes) {
		others := int64(0) // what other answers hold
		if i >= len(sizes) {
			others = sharedMemory - firstSize - 1
		}
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"whole reads":  func(r io.Reader) io.Reader { return r },
			"half reads":   iotest.HalfReader,
			"data and EOF": iotest.DataErrReader,
		} {
			b := Budget{Limit: sharedMemory + 10*ownMemory}
			if err := b.Reserve("others", others/2); err != nil {
				t.Fatal(err)
			}
			b.used += others - others/2
			s := Spool{Budget: &b, Owner: "one"}
			want := pattern(size)
			if n, err := s.ReadFrom(wrap(bytes.NewReader(want))); n != int64(size) || err != nil {
				t.Errorf("%d bytes, %s: ReadFrom: got %d and %v", size, name, n, err)
			}
			if got := b.used - others; got != int64(size) {
				t.Errorf("%d bytes, %s: %d counted as held", size, name, got)
			}
			if want := size > ownMemory && others > 0; (s.file != nil) != want {
				t.Errorf("%d bytes, %s, others hold %d: in a file: %t, want %t", size, name, others, !want, want)
			}
			var got bytes.Buffer
			if n, err := s.WriteTo(&got); n != int64(size) || err != nil || !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%d bytes, %s: WriteTo: got %d and %v, equal: %t", size, name, n, err, bytes.Equal(got.Bytes(), want))
			}
			r := s.NewReader()
			got.Reset()
			_, begun := io.CopyN(&got, r, int64(size/2))
			if _, err := io.Copy(&got, r); begun != nil || err != nil || !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%d bytes, %s: a copy in two parts: got %d, %v and %v, equal: %t", size, name, got.Len(), begun, err, bytes.Equal(got.Bytes(), want))
			}
			if again, err := io.ReadAll(s.NewReader()); err != nil || !bytes.Equal(again, want) {
				t.Errorf("%d bytes, %s: NewReader: got %d and %v, equal: %t", size, name, len(again), err, bytes.Equal(again, want))
			}
			s.Release()
			if got := b.used - others; got != 0 {
				t.Errorf("%d bytes, %s: %d counted as held after release", size, name, got)
			}
		}
	}
}

// More may be held after WriteTo, also if that has written a part alone.
func TestSpoolGrowsAfterWriteTo(t *testing.T) {
	b := Budget{}
	if err := b.Reserve("others", sharedMemory); err != nil { // so that there is a file
		t.Fatal(err)
	}
	s := Spool{Budget: &b, Owner: "one"}
	defer s.Release()
	want := pattern(5 * ownMemory)
	broken := errors.New("broken")
	for i := range 5 {
		if _, err := s.ReadFrom(bytes.NewReader(want[i*ownMemory : (i+1)*ownMemory])); err != nil {
			t.Fatal(err)
		}
		if _, err := s.WriteTo(&failingWriter{left: (i + 1) * ownMemory / 2, err: broken}); err != broken {
			t.Errorf("want %v, got %v", broken, err)
		}
		var got bytes.Buffer
		if _, err := s.WriteTo(&got); err != nil || !bytes.Equal(got.Bytes(), want[:(i+1)*ownMemory]) {
			t.Errorf("after %d parts: got %d bytes and %v", i+1, got.Len(), err)
		}
		_, _ = s.WriteTo(&failingWriter{left: (i + 1) * ownMemory / 2, err: broken})
	}
	if s.file == nil {
		t.Error("there was no file")
	}
}

// An error of reading the file is an *Error, however the file is copied, and no error of the
// writer is one.
func TestSpoolFileError(t *testing.T) {
	directory, err := os.Open(t.TempDir()) // which cannot be read as a file
	if err != nil {
		t.Fatal(err)
	}
	s := Spool{file: directory}
	defer s.Release()
	sendfile := func(err error) error { return &net.OpError{Op: "readfrom", Err: os.NewSyscallError("sendfile", err)} }
	for name, test := range map[string]struct {
		w      io.Writer
		ofFile bool
	}{
		"a writer":                  {&failingWriter{left: 1}, true},
		"a buffer":                  {new(bytes.Buffer), true},
		"the kernel, which reads":   {&failingReaderFrom{err: sendfile(syscall.EIO)}, true},
		"the kernel, which sends":   {&failingReaderFrom{err: sendfile(syscall.ECONNRESET)}, false},
		"another file":              {&failingReaderFrom{err: &fs.PathError{Op: "write", Path: "/dev/full", Err: syscall.ENOSPC}}, false},
		"a writer with its own EIO": {&failingReaderFrom{err: syscall.EIO}, false},
	} {
		if _, err := s.WriteTo(test.w); err == nil || errors.As(err, new(*Error)) != test.ofFile {
			t.Errorf("%s: of the file: want %t, got %v", name, test.ofFile, err)
		}
	}
}

// A failingReaderFrom fails where the kernel would send a file.
type failingReaderFrom struct {
	failingWriter
	err error
}

func (w *failingReaderFrom) ReadFrom(io.Reader) (int64, error) { return 0, w.err }

// A failingWriter takes so many bytes, and then fails.
type failingWriter struct {
	left int
	err  error
}

func (w *failingWriter) Write(b []byte) (int, error) {
	n := min(len(b), w.left)
	w.left -= n
	if n < len(b) {
		return n, w.err
	}
	return n, nil
}

func TestLimits(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		name  string
		limit int64
		all   int64
		from  io.Reader
		want  error
	}{
		{"as large as it may be", 1000, 0, bytes.NewReader(pattern(1000)), nil},
		{"larger, in memory", 1000, 0, bytes.NewReader(pattern(1001)), ErrTooLarge},
		{"larger, in a file", 65 << 20, 0, bytes.NewReader(pattern(65<<20 + 1)), ErrTooLarge},
		{"no room, in memory", 0, 1000, bytes.NewReader(pattern(1001)), ErrFull},
		{"no room, in a file", 0, 130 << 20, bytes.NewReader(pattern(131 << 20)), ErrShare},
		{"half of the room", 0, 2000, bytes.NewReader(pattern(1000)), nil},
		{"more than half of it", 0, 2000, bytes.NewReader(pattern(1001)), ErrShare},
		{"the reader fails", 0, 0, io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), broken},
	} {
		b := Budget{Limit: test.all}
		s := Spool{Limit: test.limit, Budget: &b}
		if _, err := s.ReadFrom(test.from); !errors.Is(err, test.want) {
			t.Errorf("%s: want %v, got %v", test.name, test.want, err)
		}
		s.Release()
		if got := b.used; got != 0 || len(b.owners) > 0 {
			t.Errorf("%s: %d counted as held after release", test.name, got)
		}
	}
}

// Each owner may hold as much as it leaves free, and no more.
func TestShares(t *testing.T) {
	b := Budget{Limit: 1000}
	for i, step := range []struct {
		owner string
		bytes int64 // below 0: given back
		want  error
	}{
		{"a", 501, ErrShare},
		{"a", 500, nil},
		{"a", 1, ErrShare},
		{"b", 250, nil},
		{"b", 1, ErrShare},
		{"c", 251, ErrFull},
		{"c", 125, nil},
		{"a", -500, nil},
		{"c", 250, nil},
		{"c", 1, ErrShare},
		{"b", -250, nil},
		{"c", -375, nil},
		{"b", 500, nil},
		{"b", -500, nil},
	} {
		if step.bytes < 0 {
			b.Release(step.owner, -step.bytes)
		} else if err := b.Reserve(step.owner, step.bytes); err != step.want {
			t.Errorf("step %d, %v: got %v", i, step, err)
		}
	}
	if b.used != 0 || len(b.owners) != 0 {
		t.Errorf("at the end: %d bytes of %v", b.used, b.owners)
	}
}

func TestNoTemporaryDirectory(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	var s Spool
	defer s.Release()
	if _, err := s.ReadFrom(bytes.NewReader(pattern(ownMemory + 1))); !errors.As(err, new(*Error)) {
		t.Errorf("want an *Error, got %v", err)
	}
}

func BenchmarkSpool(b *testing.B) {
	data := pattern(300_000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var s Spool
		_, _ = s.ReadFrom(bytes.NewReader(data))
		_, _ = s.WriteTo(io.Discard)
		s.Release()
	}
}
