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

// Where the doc comment of a package has a map of its files, the map lists each of them, and no
// file that does not exist. Files for one system or processor, and those with the calls of
// assembly, may be left out.
func TestMaps(t *testing.T) {
	const title = "# Where to find what\n"
	heading, name := regexp.MustCompile(`(?m)^# `), regexp.MustCompile(`\w+\.go`)
	optional := regexp.MustCompile(`_(test|linux|darwin|freebsd|notdarwin|other|amd64|arm64|asm|noasm)\.go$`)
	maps := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		_, section, found := strings.Cut(file.Doc.Text(), title)
		if !found {
			return nil
		}
		maps++
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
		there, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.go"))
		if err != nil {
			return err
		}
		for _, file := range there {
			if file = filepath.Base(file); !listed[file] && !optional.MatchString(file) {
				t.Errorf("%s does not list %s", path, file)
			}
		}
		for file := range listed {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), file)); err != nil {
				t.Errorf("%s lists %s: %v", path, file, err)
			}
		}
		return nil
	})
	if err != nil || maps == 0 {
		t.Errorf("%d maps, %v", maps, err)
	}
}
