package logging

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestJournalHandler(t *testing.T) {
	for _, c := range []struct {
		format string
		want   []string
	}{
		{"json", []string{
			`<6>{"level":"INFO","msg":"a","n":1}`,
			`<4>{"level":"WARN","msg":"a","n":1,"g":{"k":"x\ny"}}`,
			`<3>{"level":"ERROR","msg":"a","n":1}`,
		}},
		{"text", []string{
			"<6>level=INFO msg=a n=1",
			`<4>level=WARN msg=a n=1 g.k="x\ny"`,
			"<3>level=ERROR msg=a n=1",
		}},
	} {
		var out writes
		log := slog.New(newJournalHandler(c.format, &out, error.Error)).With("n", 1)
		log.Info("a")
		log.WithGroup("g").Warn("a", "k", "x\ny")
		log.Error("a")
		if len(out) != len(c.want) || strings.Join(out, "") != strings.Join(c.want, "\n")+"\n" {
			t.Errorf("%s: got %q, want %q", c.format, out, c.want)
		}
	}
}

// writes are what a writer has been given.
type writes []string

func (w *writes) Write(b []byte) (int, error) {
	*w = append(*w, string(b))
	return len(b), nil
}

func TestIsJournal(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "stream"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	for _, c := range []struct {
		stream string
		want   bool
	}{
		{fmt.Sprintf("%d:%d", stat.Dev, stat.Ino), true},
		{fmt.Sprintf("%d:%d", stat.Dev, stat.Ino+1), false},
		{"", false},
	} {
		t.Setenv("JOURNAL_STREAM", c.stream)
		if got := isJournal(file); got != c.want {
			t.Errorf("JOURNAL_STREAM=%q: %v", c.stream, got)
		}
	}
}
