package netpipe

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// picky is a filter that refuses inputs which begin with "bad", and copies others.
var picky = []string{"sh", "-c", `held=$(mktemp) && cat >"$held"
	case $(head -c 3 "$held") in bad) status=1; echo "imgcopy: input: <b>bad</b>" >&2 ;; *) status=0; cat "$held" ;; esac
	rm "$held"; exit $status`}

// rows returns what the rows of the page say, as "STATE NAME: WORDS".
func (b *browser) rows() (all []string) {
	b.t.Helper()
	values, _ := b.eval(`[...document.querySelectorAll("#rows li")].map((li) =>
		li.className + " " + li.querySelector(".name").textContent + ": " + li.querySelector(".state").textContent +
		(li.querySelector(".detail").hidden ? "" : " / " + li.querySelector(".detail").textContent))`).([]any)
	for _, v := range values {
		all = append(all, withSpaces(v))
	}
	return all
}

// awaitStatus waits until the page says a text of all pictures.
func (b *browser) awaitStatus(text string) {
	b.t.Helper()
	b.await(fmt.Sprintf(`document.getElementById("status").textContent === %q`, text))
}

// wantRows compares the rows of the page with how they shall begin.
func (b *browser) wantRows(want ...string) {
	b.t.Helper()
	got := b.rows()
	if len(got) != len(want) {
		b.t.Fatalf("want %d rows, got %q", len(want), got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			b.t.Errorf("row %d: want %q, got %q", i, want[i], got[i])
		}
	}
}

// wantNoComplaint checks that the browser has reported no error, such as what the
// Content-Security-Policy forbids.
func (b *browser) wantNoComplaint() {
	b.t.Helper()
	if len(b.events) > 0 {
		b.t.Errorf("the browser complains: %s", b.events)
	}
}

// facts returns what stands beside a picture, "before" or "after".
func (b *browser) facts(which string) string {
	b.t.Helper()
	return withSpaces(b.eval(fmt.Sprintf(`document.getElementById("%s-facts").textContent`, which)))
}

// withSpaces returns a text of the page with spaces where no line may end.
func withSpaces(text any) string { return strings.ReplaceAll(fmt.Sprint(text), "\u00a0", " ") }

func (b *browser) click(selector string) {
	b.t.Helper()
	b.eval(fmt.Sprintf("document.querySelector(%q).click()", selector))
}

// testFile returns the path of a file of the test data.
func testFile(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("../testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// newFile returns the path of a new file.
func newFile(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
