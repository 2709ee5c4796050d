package batch

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"imgpipe/cmd/internal/app"
	"imgpipe/filters/codec"
)

// A plan is which files are filtered, and what their results are called.
type plan struct {
	sources []*source
	others  int // files in folders that are no pictures
	results int // names on stdin that lie in the directory of the results

	mu    sync.Mutex         // guards names once files are filtered
	names map[string]*source // by the names of their results
	ids   map[fileID]*source
}

// A source is a file to filter.
type source struct {
	path    string
	name    string    // of its result in the directory, as planned
	modTime time.Time // of the file

	skipped bool  // its result is there
	tries   int   // how often it was filtered
	err     error // why it cannot be filtered, or of the last try
	again   bool  // another try may succeed
}

// A fileID tells whether two paths are one file.
type fileID struct{ device, inode uint64 }

// newPlan finds the files that the operands name and gives each the name of its result.
// Its errors are usage errors.
func (b *Batch) newPlan(names []string) (*plan, error) {
	if slices.Contains(names, "") {
		return nil, app.Usagef("%w", ErrEmptyOperand)
	}
	switch b.Dir {
	case "":
		return nil, app.Usagef("no directory for the results: type %s", b.typed("DIR", "FILE..."))
	case "-":
		return nil, app.Usagef("-o - is stdout, which takes the result of one file: say a directory")
	}
	if len(names) == 0 {
		return nil, app.Usagef("no files: type %s, with - for a list of names on stdin", b.typed("DIR", "FILE..."))
	}
	operands, err := b.expand(names)
	if err != nil {
		return nil, err
	}
	f := &finder{Batch: b, plan: &plan{names: map[string]*source{}, ids: map[fileID]*source{}}}
	f.out, _ = os.Stat(b.Dir)
	for _, o := range operands {
		if err := f.findAt(o); err != nil {
			return nil, err
		}
	}
	for _, s := range f.sources {
		if f.out == nil && b.looksLikeFile(s) {
			return nil, app.Usagef("-o %s would be a directory: for one file type %s < FILE; or make it", b.Dir, strings.TrimSuffix(b.typed(b.Dir, ""), " --"))
		}
		if s.err != nil {
			continue
		}
		if other := f.sourceAt(f.path(s.name)); other == s {
			return nil, app.Usagef("the result of %s would overwrite it: say another -o", s.path)
		} else if other != nil {
			return nil, app.Usagef("the result of %s would overwrite %s, which is to be filtered too: say another -o", s.path, other.path)
		}
	}
	return f.plan, nil
}

// typed returns how a batch is called.
func (b *Batch) typed(dir, files string) string {
	return strings.Join(slices.DeleteFunc([]string{b.Command, "-o", dir, b.Filter, files}, func(s string) bool { return s == "" }), " ")
}

// looksLikeFile tells whether b.Dir, which is not there, was meant to be a file.
func (b *Batch) looksLikeFile(s *source) bool {
	ext := filepath.Ext(b.Dir)
	return ext != "" && (codec.HasExtension(b.Dir) || ext == filepath.Ext(s.path))
}

// path returns the path of a result.
func (b *Batch) path(name string) string { return filepath.Join(b.Dir, name) }

// sourceAt returns the source that is the file at path; nil if none is.
func (p *plan) sourceAt(path string) *source {
	st, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return p.ids[idOf(st)]
}

// isDone tells whether the result of s is there, and not older than s.
func (r *run) isDone(s *source) bool {
	names := []string{s.name}
	if r.AnyFormat {
		names = append(names, codec.Variants(s.name)...)
	}
	for _, name := range names {
		if other := r.names[name]; other != nil && other != s {
			continue
		}
		st, err := os.Stat(r.path(name))
		if err == nil && st.Mode().IsRegular() && !st.ModTime().Before(s.modTime) {
			return true
		}
	}
	return false
}

// A finder makes a plan.
type finder struct {
	*Batch
	*plan
	out fs.FileInfo // of the directory of the results; nil if there is none
}

// findAt adds the file, or the pictures in the folder, that the user has named.
func (f *finder) findAt(o operand) error {
	st, err := os.Stat(o.path)
	switch {
	case o.listed && within(f.Dir, o.path) && !within(f.Dir, "."):
		f.results++ // of an earlier run, which find(1) has found too
		return nil
	case err != nil:
		return f.add(&source{path: o.path, err: err}, o.place(false), nil, "")
	case st.IsDir():
		return f.walk(o.path, o.place(true))
	case !st.Mode().IsRegular(): // what is read of a pipe is gone
		return f.add(&source{path: o.path}, o.place(false), st, "")
	}
	format, err := formatOf(o.path)
	return f.add(&source{path: o.path, err: err}, o.place(false), st, format)
}

// walk adds the pictures in a folder, whose results have their places below the folder
// called place. Links to folders are not followed. The directory of the results is left
// out, if it is in the folder.
func (f *finder) walk(folder, place string) error {
	root := filepath.Clean(folder) + "/" // follows a link
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		name = filepath.Join(place, name)
		if err != nil {
			return f.add(&source{path: path, err: err}, name, nil, "")
		}
		if entry.IsDir() {
			if st, err := entry.Info(); path != root && (f.NoRecurse || err == nil && os.SameFile(st, f.out)) {
				return fs.SkipDir
			}
			return nil
		}
		st, err := os.Stat(path)
		if err == nil && st.IsDir() {
			return nil
		}
		if err != nil || !st.Mode().IsRegular() {
			f.others++
			return nil
		}
		format, err := formatOf(path)
		if err == nil && format == "" {
			f.others++
			return nil
		}
		return f.add(&source{path: path, err: err}, name, st, format)
	})
}

// add adds s, whose result gets a name that is made from the given one. A file that is
// there already is left out.
func (f *finder) add(s *source, name string, st fs.FileInfo, format codec.Format) error {
	if f.Format != "" {
		format = f.Format
	}
	s.name = filepath.Join(filepath.Dir(name), f.Prefix+filepath.Base(name))
	if format != "" {
		s.name = format.Rename(s.name)
	}
	if s.err != nil {
		f.sources = append(f.sources, s)
		return nil
	}
	if other := f.names[s.name]; other != nil && filepath.Clean(other.path) == filepath.Clean(s.path) {
		return nil
	} else if other != nil {
		return app.Usagef("%s and %s would both become %s: %s", other.path, s.path, f.path(s.name), wayOut(other.path, s.path))
	}
	s.modTime = st.ModTime()
	f.names[s.name] = s
	f.ids[idOf(st)] = s
	f.sources = append(f.sources, s)
	return nil
}

// wayOut says what to do about two files whose results would have one name.
func wayOut(a, b string) string {
	if filepath.Dir(a) == filepath.Dir(b) {
		return "rename one of them, or filter it with another -o"
	}
	return "name a folder that holds both, whose folders are kept, or filter one of them with another -o"
}

// within tells whether a path is that of a directory, or of something in it.
func within(dir, path string) bool {
	dir, err1 := filepath.Abs(dir)
	path, err2 := filepath.Abs(path)
	return err1 == nil && err2 == nil && strings.HasPrefix(path+"/", strings.TrimSuffix(dir, "/")+"/")
}

// formatOf tells the format of a regular file by its first bytes; "" if it is no
// picture.
func formatOf(path string) (codec.Format, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, codec.HeadSize)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return "", err
	}
	return codec.Recognise(head[:n]), nil
}

func idOf(st fs.FileInfo) fileID {
	sys := st.Sys().(*syscall.Stat_t)
	return fileID{uint64(sys.Dev), uint64(sys.Ino)}
}
