package sandbox

import (
	"os"
	"path/filepath"
)

// A Move is what a process may still do to one file by its name: rename or remove it.
// Before Enter, and on systems without a sandbox, it can be carried out too.
type Move struct {
	Dir      string // the directory of both names
	From, To string // names in Dir; From is the file

	pinned *pinned // nil before Enter
}

// Rename gives the file the name To. A file of that name is replaced.
func (m *Move) Rename() error {
	if m.pinned != nil {
		return m.pathError("rename", m.pinned.rename())
	}
	return os.Rename(filepath.Join(m.Dir, m.From), filepath.Join(m.Dir, m.To))
}

// Remove removes the file.
func (m *Move) Remove() error {
	if m.pinned != nil {
		return m.pathError("remove", m.pinned.remove())
	}
	return os.Remove(filepath.Join(m.Dir, m.From))
}

func (m *Move) pathError(op string, err error) error {
	if err == nil {
		return nil
	}
	return &os.PathError{Op: op, Path: filepath.Join(m.Dir, m.From), Err: err}
}
