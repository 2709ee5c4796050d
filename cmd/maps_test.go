package cmd_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A package of more than 20 files has a map of them in its doc comment. A map lists each file of
// the package, and no file that does not exist. Files for one system or processor, and those with
// the calls of assembly, do not count, and may be left out.
func TestMaps(t *testing.T) {
	const title, most = "# Where to find what\n", 20
	heading, name := regexp.MustCompile(`(?m)^# `), regexp.MustCompile(`\w+\.go`)
	optional := regexp.MustCompile(`_(test|linux|darwin|freebsd|notdarwin|other|amd64|arm64|asm|noasm)\.go$`)
	files, hasMap := map[string]int{}, map[string]bool{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		dir := filepath.Dir(path)
		if !optional.MatchString(path) {
			files[dir]++
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		_, section, found := strings.Cut(file.Doc.Text(), title)
		if !found {
			return nil
		}
		hasMap[dir] = true
		if next := heading.FindStringIndex(section); next != nil {
			section = section[:next[0]]
		}
		listed := map[string]bool{filepath.Base(path): true}
		for _, line := range strings.Split(section, "\n") {
			if strings.HasPrefix(line, "\t") {
				for _, file := range name.FindAllString(line, -1) {
					listed[file] = true
				}
			}
		}
		there, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			return err
		}
		for _, file := range there {
			if file = filepath.Base(file); !listed[file] && !optional.MatchString(file) {
				t.Errorf("%s does not list %s", path, file)
			}
		}
		for file := range listed {
			if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
				t.Errorf("%s lists %s: %v", path, file, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for dir, n := range files {
		if n > most && !hasMap[dir] {
			t.Errorf("%s has %d files and no map: %q in its doc comment", dir, n, title)
		}
	}
}
