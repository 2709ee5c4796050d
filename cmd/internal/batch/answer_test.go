package batch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imgpipe/cmd/internal/app"
)

// TestCheckName: the name of an answer is compared with its format; it changes only where
// that is wanted.
func TestCheckName(t *testing.T) {
	const jpeg, text = "\xff\xd8\xff\xe0", "text"
	for _, c := range []struct {
		name, answer, file string
		rename             bool
		line               string // DIR stands for the directory
		result             string // the name that the file gets
	}{
		{"the name fits", jpeg, "a.jpeg", true, "", "a.jpeg"},
		{"another format", jpeg, "a.png", false, "warning: DIR/a.png has the answer, which is a JPEG (-rename calls it DIR/a.jpg)", "a.png"},
		{"another format, to be renamed", jpeg, "a.png", true, "the answer is a JPEG: it is in DIR/a.jpg", "a.jpg"},
		{"no picture's extension", jpeg, "a.out", false, "", "a.out"},
		{"no picture's extension, to be renamed", jpeg, "a.out", true, "the answer is a JPEG: it is in DIR/a.out.jpg", "a.out.jpg"},
		{"no picture", text, "a.png", true, "", "a.png"},
		{"nothing", "", "a.png", true, "", "a.png"},
	} {
		dir := t.TempDir()
		a := &Answer{Name: filepath.Join(dir, c.file)}
		line, err := answerIn(a, c.answer, c.rename)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if want := strings.ReplaceAll(c.line, "DIR", dir); line != want {
			t.Errorf("%s: %q, want %q", c.name, line, want)
		}
		if got, err := os.ReadFile(filepath.Join(dir, c.result)); err != nil || string(got) != c.answer {
			t.Errorf("%s: %s has %q; %v", c.name, c.result, got, err)
		}
	}

	link := filepath.Join(t.TempDir(), "a.png") // to what is written in place, and cannot be renamed
	if err := os.Symlink("/dev/null", link); err != nil {
		t.Fatal(err)
	}
	if line, err := answerIn(&Answer{Name: link}, jpeg, true); line != "" || err != nil {
		t.Errorf("written in place: %q and %v, want neither", line, err)
	}
}

// answerIn writes an answer, checks its name, and commits it.
func answerIn(a *Answer, answer string, rename bool) (line string, err error) {
	if a.Output, err = app.CreateOutput("test", a.Name); err != nil {
		return "", err
	}
	defer a.Output.Close()
	for i := range len(answer) {
		if _, err := a.Write([]byte(answer[i : i+1])); err != nil {
			return "", err
		}
	}
	line = a.CheckName(rename)
	return line, a.Output.Commit()
}
