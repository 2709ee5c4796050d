package app

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"imgpipe/netpipe/stdio"
)

// pipeSize is what Linux lets a user without privileges give a pipe, in bytes
// (/proc/sys/fs/pipe-max-size).
const pipeSize = 1 << 20

// An Output is where a program's result goes: stdout, or a file that is
// written whole or not at all.
type Output struct {
	file *os.File
	temp string // what file is called until Commit; "" if it's written in place
	path string // what it's called after
	stop func() // temp is gone
}

// CreateOutput opens the output called name, or stdout if name is empty or
// "-". A terminal as stdout is a usage error that says what to type.
//
// A named file is first a temporary file beside it, which Commit renames and
// Close, or a signal that ends the program, removes. What already exists and
// is no regular file (/dev/null, a named pipe) is written in place.
func CreateOutput(program, name string) (*Output, error) {
	if name == "" || name == "-" {
		if term.IsTerminal(int(os.Stdout.Fd())) {
			return nil, Usagef("stdout is a terminal: type %s > FILE or %s -o FILE", program, program)
		}
		stdio.GrowPipe(os.Stdout, pipeSize)
		return &Output{file: os.Stdout}, nil
	}
	w := newWatch()
	o, err := create(name, w)
	if err != nil || o.temp == "" {
		w.end()
		return o, err
	}
	forget := o.stop
	o.stop = func() {
		forget()
		w.end()
	}
	return o, nil
}

// create opens the output called name, and has its temporary file watched.
func create(name string, w *watch) (*Output, error) {
	path := name
	// The file that a symbolic link names is written, not the link, also if it
	// isn't there yet.
	if target, err := filepath.EvalSymlinks(name); err == nil {
		path = target
	} else if target, err := os.Readlink(name); err == nil {
		if path = target; !filepath.IsAbs(target) {
			path = filepath.Join(filepath.Dir(name), target)
		}
	}
	st, err := os.Stat(path)
	if err == nil && st.IsDir() {
		return nil, fmt.Errorf("%s: is a directory", name)
	}
	if err == nil && !st.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &Output{file: f}, nil
	}
	o := &Output{path: path}
	base := filepath.Base(path) // whose length a file system bounds, often to 255 bytes
	o.temp = filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%08x.tmp", base[:min(len(base), 200)], rand.Uint32()))
	if o.file, o.stop, err = w.create(o.temp); err != nil {
		return nil, fmt.Errorf("create %s: %w", name, err.(*fs.PathError).Err)
	}
	if st != nil {
		// The new file is as readable as the one it replaces; where that can't be
		// (another's file in a shared directory) it has the user's default.
		_ = o.file.Chmod(st.Mode().Perm())
	}
	return o, nil
}

// Write writes to the output.
func (o *Output) Write(p []byte) (int, error) { return o.file.Write(p) }

// Dir is the directory in which Commit and Close have something to do; "" if
// there is nothing.
func (o *Output) Dir() string {
	if o.temp == "" {
		return ""
	}
	return filepath.Dir(o.temp)
}

// Commit gives a temporary file its name. After it, Close does nothing.
func (o *Output) Commit() error {
	if err := o.file.Close(); err != nil {
		return err
	}
	if o.temp == "" {
		return nil
	}
	if err := os.Rename(o.temp, o.path); err != nil {
		return err
	}
	o.temp = ""
	o.stop()
	return nil
}

// Close removes what was written of a file that wasn't committed.
func (o *Output) Close() {
	if o.temp == "" {
		return
	}
	o.file.Close()
	os.Remove(o.temp)
	o.temp = ""
	o.stop()
}
