package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A Directory is a directory in which a program writes several results, each whole
// or not at all. Several may be written at once.
type Directory struct {
	name  string
	watch *watch
}

// OpenDirectory opens the directory called name. It makes the directory if there is
// none.
func OpenDirectory(name string) (*Directory, error) {
	st, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = os.Mkdir(name, 0o777)
	case err == nil && !st.IsDir():
		err = fmt.Errorf("%s: is not a directory", name)
	}
	if err != nil {
		return nil, err
	}
	return &Directory{name, newWatch()}, nil
}

// Create opens an output in d, as CreateOutput does. If the name has directories, Create
// makes those that are missing.
func (d *Directory) Create(name string) (*Output, error) {
	path := filepath.Join(d.name, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	return create(path, d.watch)
}

// Close ends the watch for signals. It must be called after Close or Commit of every
// output.
func (d *Directory) Close() { d.watch.end() }
