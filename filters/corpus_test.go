package filters

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"imgpipe/filters/codec"
	"imgpipe/filters/internal/imagetest"
)

// TestCorpus compares which files of the public corpora are read here with which
// files other decoders read. testdata/corpus.tsv has the verdicts of the others,
// which -peers writes anew. A file that at least two others read without a complaint
// is read here. A file that none of them reads is refused here. For each exception
// the table has the reason.
func TestCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 1,600 files three times")
	}
	files := corpusFiles(t)
	if len(files) < 1500 {
		t.Skip("no ../shared/corpus beside the checkout")
	}
	table := readCorpusTable(t)
	if *askPeers {
		askAll(t, files, table)
		writeCorpusTable(t, table)
	}
	read := 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		data, err := os.ReadFile(files[name])
		if err != nil {
			t.Fatal(err)
		}
		row := table[name]
		_, err = codec.Decode(bytes.NewReader(data), codec.DecodeOptions{})
		result := err == nil
		for _, f := range []Filter{Gray{}, Scale{}} {
			result = result || Run(io.Discard, bytes.NewReader(data), f, Options{}) == nil
		}
		if result {
			read++
		}
		difference := ""
		switch {
		case err != nil && len(row.content()) >= 2:
			difference = fmt.Sprintf("is refused (%v), and %s read it", err, row.peers)
		case result && row.peers == "":
			difference = "gives a result, and no other decoder reads it"
		}
		switch {
		case difference != "" && row.reason == "":
			t.Errorf("%s %s: want a reason in testdata/corpus.tsv", name, difference)
		case difference == "" && row.reason != "":
			t.Errorf("%s has a reason to differ in testdata/corpus.tsv, and does not differ from %q: %s", name, row.peers, row.reason)
		}
	}
	t.Logf("%d of %d files are read", read, len(files))
}

// corpusFiles returns the paths of all files of the corpora, by their names in the
// table.
func corpusFiles(t *testing.T) map[string]string {
	t.Helper()
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	images := filepath.Join(strings.TrimSpace(string(goroot)), "src", "image")
	files := map[string]string{}
	for prefix, dir := range map[string]string{
		"shared":   filepath.Join(filepath.Dir(imagetest.Path(t)), "shared", "corpus"),
		"go/image": filepath.Join(images, "testdata"),
		"go/png":   filepath.Join(images, "png", "testdata"),
	} {
		filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error { // a missing folder has no files
			if err == nil && d.Type().IsRegular() && !strings.HasPrefix(d.Name(), "README") && d.Name() != "LICENSE" && filepath.Ext(path) != ".sng" {
				files[prefix+filepath.ToSlash(strings.TrimPrefix(path, dir))] = path
			}
			return nil
		})
	}
	return files
}

// A corpusRow says which of the other decoders read a file, and why it is right to
// differ from them. A decoder has a capital letter if it reads the file without a
// complaint, and a small letter if it complains.
type corpusRow struct{ peers, reason string }

// content returns the letters of the decoders that do not complain.
func (r corpusRow) content() string {
	return strings.NewReplacer("d", "", "p", "", "i", "", "v", "").Replace(r.peers)
}

// readCorpusTable reads testdata/corpus.tsv: name, peers, reason. A file that is
// not in it is read by none.
func readCorpusTable(t *testing.T) map[string]corpusRow {
	t.Helper()
	data, err := os.ReadFile(imagetest.Path(t, "testdata", "corpus.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]corpusRow{}
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 3 {
			t.Fatalf("testdata/corpus.tsv: %q has %d fields, want 3", line, len(fields))
		}
		table[fields[0]] = corpusRow{strings.Trim(fields[1], "-"), fields[2]}
	}
	return table
}

// writeCorpusTable writes the rows that say something.
func writeCorpusTable(t *testing.T, table map[string]corpusRow) {
	t.Helper()
	var lines []string
	for name, row := range table {
		if row == (corpusRow{}) {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s\t%s\t%s\n", name, cmp.Or(row.peers, "-"), row.reason))
	}
	slices.Sort(lines)
	if err := os.WriteFile(imagetest.Path(t, "testdata", "corpus.tsv"), []byte(strings.Join(lines, "")), 0o666); err != nil {
		t.Fatal(err)
	}
}
