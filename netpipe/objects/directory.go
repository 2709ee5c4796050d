package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"imgpipe/netpipe/wholefile"
)

// A directory is a Store: the files below it, by their paths. An object's ETag is made of its
// file's size and time of modification. No key leads out of the directory, also not over a
// symbolic link.
type directory string

// List implements Store. In the order a/b comes before a-b, as files are found.
func (d directory) List(ctx context.Context, prefix, after string, each func(Object) error) error {
	root, err := filepath.EvalSymlinks(string(d)) // WalkDir does not follow a link
	if err != nil {
		return plain(err)
	}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || path == root {
			return err
		}
		key, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && !strings.HasPrefix(key+"/", prefix) && !strings.HasPrefix(prefix, key+"/"):
			return fs.SkipDir
		case !entry.Type().IsRegular() || !strings.HasPrefix(key, prefix) || wholefile.IsTempName(entry.Name()) || !isBehind(key, after):
			return nil
		}
		st, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) { // it was there a moment ago
			return nil
		} else if err != nil {
			return err
		}
		return each(Object{Key: key, Size: st.Size(), ETag: fileETag(st)})
	})
	return plain(err)
}

// isBehind reports whether List finds a key later than another one.
func isBehind(key, after string) bool {
	order := strings.NewReplacer("/", "\x00").Replace // a folder's files come where its name does
	return order(key) > order(after)
}

// Stat implements Store. In a directory that is not there is no object.
func (d directory) Stat(_ context.Context, key string) (Object, error) {
	o, file, err := d.open(key)
	if errors.Is(err, fs.ErrNotExist) {
		return Object{}, plain(err)
	} else if err != nil {
		return Object{}, err
	}
	file.Close()
	return o, nil
}

// Get implements Store. A directory that is not there is not ErrNotFound: it may be mounted
// again.
func (d directory) Get(_ context.Context, key string) (Object, io.ReadCloser, error) {
	o, file, err := d.open(key)
	if err != nil {
		return Object{}, nil, err
	}
	return o, &fileContent{file: file, object: o}, nil
}

// A fileContent reads a file. In place of io.EOF it has an error if the file is not as it was
// when it was opened, such as one that another program is still writing.
type fileContent struct {
	file   *os.File
	object Object
	read   int64 // bytes
}

func (c *fileContent) Read(p []byte) (int, error) {
	n, err := c.file.Read(p)
	c.read += int64(n)
	if err != io.EOF {
		return n, err
	}
	st, err := c.file.Stat()
	switch {
	case err != nil:
		return n, err
	case c.read != c.object.Size || fileETag(st) != c.object.ETag:
		return n, fmt.Errorf("%s: the file changed while it was read", c.object.Key)
	}
	return n, io.EOF
}

func (c *fileContent) Close() error { return c.file.Close() }

func (d directory) open(key string) (Object, *os.File, error) {
	if err := checkKey(key); err != nil {
		return Object{}, nil, err
	}
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return Object{}, nil, err
	}
	defer root.Close()
	file, err := root.OpenFile(key, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return Object{}, nil, plain(err)
	}
	st, err := file.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", key)
	}
	if err != nil {
		file.Close()
		return Object{}, nil, err
	}
	return Object{Key: key, Size: st.Size(), ETag: fileETag(st), Source: readSource(file)}, file, nil
}

// checkKey returns ErrKey unless a key is the path of a file below a directory, in the only
// form that List finds: a//b and a/./b would be the file of a/b.
func checkKey(key string) error {
	if key == "." || !fs.ValidPath(key) || strings.ContainsRune(key, 0) {
		return fmt.Errorf("%q: %w", key, ErrKey)
	}
	return nil
}

// Put implements Store. A file system that takes no file at the moment is ErrBusy.
func (d directory) Put(_ context.Context, o Object, content func() io.Reader) error {
	if err := checkKey(o.Key); err != nil {
		return err
	}
	err := d.put(o, content())
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s: %w", filepath.Join(string(d), o.Key), err) // the error may be about the temporary file
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS} {
		if errors.Is(err, full) {
			return fmt.Errorf("%w: %w", ErrBusy, err)
		}
	}
	return err
}

// put makes the directory if it is not there, and writes a file.
func (d directory) put(o Object, content io.Reader) error {
	if err := os.MkdirAll(string(d), 0o777); err != nil {
		return err
	}
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return err
	}
	defer root.Close()
	return plain(writeWhole(root, o, content))
}

// writeWhole writes a file and gives it its name when it is whole.
func writeWhole(root *os.Root, o Object, content io.Reader) (err error) {
	folder := filepath.Dir(o.Key)
	if err := root.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	temp := wholefile.TempName(o.Key)
	file, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			file.Close()
			_ = root.Remove(temp)
		}
	}()
	switch n, err := io.Copy(file, content); {
	case err != nil:
		return err
	case n != o.Size:
		return fmt.Errorf("%d bytes of %d", n, o.Size)
	}
	writeSource(file, o.Source)
	dir, err := root.Open(folder)
	if err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return wholefile.Commit(file, dir, func() error { return root.Rename(temp, o.Key) })
}

func fileETag(st fs.FileInfo) string {
	return fmt.Sprintf("%x-%x", st.Size(), st.ModTime().UnixNano())
}

// plain returns an error with ErrNotFound in place of fs.ErrNotExist.
func plain(err error) error {
	if failed := new(fs.PathError); errors.As(err, &failed) && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", failed.Path, ErrNotFound)
	}
	return err
}
