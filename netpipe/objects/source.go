package objects

import (
	"os"

	"golang.org/x/sys/unix"
)

// nonblock has the opening of a named pipe not wait for a writer.
const nonblock = unix.O_NONBLOCK

// sourceAttribute is the extended attribute that has an object's Source.
const sourceAttribute = "user.netqueue.source"

// maxSource is the longest Source that is read, in bytes.
const maxSource = 1 << 10

// writeSource notes an object's Source in an attribute of its file. A file system without these
// is no error: then the object's Source is not known.
func writeSource(file *os.File, source string) {
	_ = unix.Fsetxattr(int(file.Fd()), sourceAttribute, []byte(source), 0)
}

// readSource returns what writeSource has noted.
func readSource(file *os.File) string {
	var b [maxSource]byte
	n, err := unix.Fgetxattr(int(file.Fd()), sourceAttribute, b[:])
	if err != nil {
		return ""
	}
	return string(b[:n])
}
