package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A Directory is where a program writes several results, each whole or not at
// all, several at once if it likes.
type Directory struct {
	name  string
	watch *watch
}

// OpenDirectory opens the directory called name, which is made if it isn't
// there.
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

// Create is CreateOutput for a file in d.
func (d *Directory) Create(name string) (*Output, error) {
	return create(d.Path(name), d.watch)
}

// Path is what a file in d is called from outside.
func (d *Directory) Path(name string) string { return filepath.Join(d.name, name) }

// Close ends the watch for signals. It is called after every output's Close or
// Commit.
func (d *Directory) Close() { d.watch.end() }
