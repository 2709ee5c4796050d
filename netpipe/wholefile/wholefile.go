// Package wholefile gives files their names only when they are whole: a file is written under
// a temporary name, synced to the disk, and renamed.
package wholefile

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// TempName returns a name, in the directory of path, for a file that is to be called path
// when it is whole.
func TempName(path string) string {
	base := filepath.Base(path) // many file systems allow 255 bytes
	return filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%08x.tmp", base[:min(len(base), 200)], rand.Uint32()))
}

// IsTempName reports whether a name, without its directory, is like those of TempName.
func IsTempName(name string) bool {
	return strings.HasPrefix(name, ".") && strings.HasSuffix(name, ".tmp")
}

// Commit calls rename, which gives a file its name, when the file is on the disk
// (fsync(2)), and then syncs the directory of the file: a crash of the system leaves the old
// file or the whole new one. Commit closes the file, and the directory after rename. The
// directory may be nil, if it cannot be read.
func Commit(file, dir *os.File, rename func() error) error {
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := rename(); err != nil {
		return err
	}
	if dir == nil {
		return nil
	}
	defer dir.Close()
	// A file system that cannot sync directories is no error: the file is there.
	if err := dir.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
