package tlsconn_test

import (
	"crypto/tls"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/internal/tlsconn"
)

func TestMain(m *testing.M) { pipetest.Main(m, nil) }

// Files that change are read anew. Broken ones are told of once, and the old ones stay.
func TestSource(t *testing.T) {
	old, renewed := pipetest.TestAuthority().Issue("old", nil), pipetest.TestAuthority().Issue("new", nil)
	files := tlsconn.Files{Cert: t.TempDir() + "/cert", CA: old.CA} // with the key in it
	both := func(f tlsconn.Files) string { return read(t, f.Cert) + read(t, f.Key) }
	install := func(text string) {
		t.Helper()
		// The same file and size, so that only the time tells.
		if err := errors.Join(os.WriteFile(files.Cert, []byte(text), 0o600), os.Chtimes(files.Cert, time.Time{}, time.Now())); err != nil {
			t.Fatal(err)
		}
	}
	install(both(old))
	var warnings []error
	s, err := tlsconn.NewServer(files, func(err error) { warnings = append(warnings, err) })
	if err != nil {
		t.Fatal(err)
	}
	want := func(name string, warned int) {
		t.Helper()
		s.Config()
		s.Settle()
		for _, config := range []*tls.Config{s.Config(), s.HTTPConfig()} {
			if got := config.Certificates[0].Leaf.Subject.CommonName; got != name {
				t.Errorf("want the certificate of %s, got %s", name, got)
			}
		}
		if len(warnings) != warned {
			t.Errorf("want %d warnings, got %v", warned, warnings)
		}
	}
	before := s.Config()
	want("old", 0)
	if s.Config() != before {
		t.Error("the config changes without its files: tickets of sessions are lost")
	}

	s.Age()
	want("old", 0)
	install("broken")
	want("old", 0)
	for range 3 {
		s.Age()
		want("old", 1)
	}
	install(both(renewed))
	want("old", 1)
	s.Age()
	want("new", 1)
	if err := os.Remove(files.Cert); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s.Age()
		want("new", 2)
	}
	install(both(old))
	s.Reload()
	want("old", 2)
}

// Files on a file system that hangs hold up no connection: the old certificate is shown until
// the new one has been read.
func TestSourceOfHungFiles(t *testing.T) {
	old, renewed := pipetest.TestAuthority().Issue("old", nil), pipetest.TestAuthority().Issue("new", nil)
	name := t.TempDir() + "/cert"
	if err := os.WriteFile(name, []byte(read(t, old.Cert)+read(t, old.Key)), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := tlsconn.NewServer(tlsconn.Files{Cert: name}, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	// Opening a FIFO waits for a writer.
	if err := errors.Join(os.Remove(name), syscall.Mkfifo(name, 0o600)); err != nil {
		t.Fatal(err)
	}
	want := func(name string) {
		t.Helper()
		s.Age()
		if got := s.Config().Certificates[0].Leaf.Subject.CommonName; got != name {
			t.Errorf("want the certificate of %s, got %s", name, got)
		}
	}
	for range 3 {
		want("old")
	}
	if err := os.WriteFile(name, []byte(read(t, renewed.Cert)+read(t, renewed.Key)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name+".new", []byte(read(t, renewed.Cert)+read(t, renewed.Key)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil { // what looks at the files next finds no FIFO
		t.Fatal(err)
	}
	s.Settle()
	want("new")
	s.Settle()
}

func TestReadableByAll(t *testing.T) {
	name := t.TempDir() + "/key"
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		mode os.FileMode
		want string
	}{{0o600, ""}, {0o640, ""}, {0o644, name}, {0o604, name}} {
		if err := os.Chmod(name, test.mode); err != nil {
			t.Fatal(err)
		}
		for _, files := range []tlsconn.Files{{Cert: name}, {Cert: "cert", Key: name}} {
			if got := files.ReadableByAll(); got != test.want {
				t.Errorf("%v: want %q, got %q", test.mode, test.want, got)
			}
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
