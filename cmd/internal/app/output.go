package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/term"

	"imgpipe/cmd/internal/start"
	"imgpipe/netpipe/stdio"
	"imgpipe/netpipe/wholefile"
)

// pipeSize is what Linux lets a user without privileges give a pipe, in bytes
// (/proc/sys/fs/pipe-max-size).
const pipeSize = 1 << 20

var errStdoutClosed = errors.New("stdout is closed")

// A closedStdout is written to in place of a stdout that is closed.
type closedStdout struct{}

func (closedStdout) Write([]byte) (int, error) { return 0, errStdoutClosed }

// An Output is where a program's result goes: stdout, or a file that is written
// whole or not at all.
type Output struct {
	file *os.File
	temp string    // the name of file until Commit; "" if file is written in place
	path string    // the name of file after Commit
	dir  *os.File  // the directory of both names
	stop func()    // ends the watch for signals
	time time.Time // of the file after Commit; zero: when it was written

	watch          *watch
	rename, remove func() error // of the temporary file; guarded by watch
}

// CreateOutput opens the output called name, or stdout if name is empty or "-".
// A terminal as stdout is a usage error that says what to type; a closed stdout is an
// error.
//
// A named file is at first a temporary file beside it. Commit renames that file;
// Close, or a signal that ends the program, removes it. What already exists and is
// not a regular file (/dev/null, a named pipe) is written in place.
func CreateOutput(program, name string) (*Output, error) {
	if name == "" || name == "-" {
		if start.StdoutClosed {
			return nil, errStdoutClosed
		}
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

// create opens the output called name, and lets w remove its temporary file.
func create(name string, w *watch) (*Output, error) {
	path := name
	// A symbolic link stays, and the file that it names is written, even if that
	// file does not exist yet.
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
	o := &Output{path: path, watch: w}
	o.temp = wholefile.TempName(path)
	// The directory is opened now, since the sandbox lets Commit open none.
	if o.dir, err = os.OpenFile(filepath.Dir(path), os.O_RDONLY|syscall.O_DIRECTORY, 0); err != nil && !errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("create %s: %w", name, err.(*fs.PathError).Err)
	}
	temp := o.temp
	o.rename = func() error { return os.Rename(temp, path) }
	o.remove = func() error { return os.Remove(temp) }
	if o.file, o.stop, err = w.create(o); err != nil {
		o.dir.Close()
		return nil, fmt.Errorf("create %s: %w", name, err.(*fs.PathError).Err)
	}
	if st != nil {
		// The new file gets the mode of the file that it replaces. If the user may not
		// set that, the new file keeps the user's default.
		_ = o.file.Chmod(st.Mode().Perm())
	}
	return o, nil
}

// Write writes to the output. Its error has the name of the file after Commit: that of the
// temporary file says nothing to a user, and is gone after the error.
func (o *Output) Write(p []byte) (int, error) {
	n, err := o.file.Write(p)
	if e, ok := err.(*fs.PathError); ok && o.temp != "" {
		e.Path = o.path
	}
	return n, err
}

// Names returns what Commit renames: the directory, and the names in it before and
// after. They are empty if Commit renames nothing.
func (o *Output) Names() (dir, from, to string) {
	if o.temp == "" {
		return "", "", ""
	}
	return filepath.Dir(o.temp), filepath.Base(o.temp), filepath.Base(o.path)
}

// MoveBy sets how the file that Names names is renamed and removed, where a sandbox
// forbids the usual way.
func (o *Output) MoveBy(rename, remove func() error) {
	o.watch.mu.Lock()
	defer o.watch.mu.Unlock()
	o.rename, o.remove = rename, remove
}

// Rename changes the name that Commit gives the file to another one in the same directory.
// It is for an output that Names has names of, without MoveBy.
func (o *Output) Rename(name string) {
	temp, path := o.temp, filepath.Join(filepath.Dir(o.path), name)
	o.watch.mu.Lock()
	defer o.watch.mu.Unlock()
	o.path, o.rename = path, func() error { return os.Rename(temp, path) }
}

// SetTime sets the time of modification that the file gets when it is committed.
func (o *Output) SetTime(t time.Time) { o.time = t }

// Commit gives a temporary file its name. The file and then its directory are
// synced to the disk, as wholefile.Commit says. After Commit, Close does nothing.
func (o *Output) Commit() error {
	if o.temp == "" {
		return o.file.Close()
	}
	if !o.time.IsZero() {
		if err := os.Chtimes(o.temp, o.time, o.time); err != nil {
			return err
		}
	}
	return wholefile.Commit(o.file, o.dir, func() error {
		if err := o.rename(); err != nil {
			return err
		}
		o.temp = ""
		o.stop()
		return nil
	})
}

// Close removes what was written of a file that was not committed.
func (o *Output) Close() {
	if o.temp == "" {
		return
	}
	o.file.Close()
	_ = o.remove()
	o.temp = ""
	o.stop()
	o.dir.Close()
}
