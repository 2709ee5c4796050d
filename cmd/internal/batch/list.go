package batch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"imgpipe/cmd/internal/app"
	"imgpipe/filters/codec"
)

// An operand is a file or a folder that the user names.
type operand struct {
	path   string
	listed bool // on stdin
}

// place returns the name of the result of a file, or the folder of the results of a folder,
// in the directory of the results. The folders of a name on stdin are kept, as cp --parents
// does. Like tar, place drops a leading slash and leading "..", so that no name leads out of
// the directory.
func (o operand) place(isDir bool) string {
	switch {
	case o.listed:
		return strings.TrimPrefix(filepath.Clean("/"+o.path), "/")
	case isDir:
		return ""
	}
	return filepath.Base(o.path)
}

// ErrEmptyOperand is the error of an operand without a character.
var ErrEmptyOperand = errors.New("an operand is empty: want the name of a file")

// expand returns the operands with the names on stdin in place of the operand -.
func (b *Batch) expand(names []string) (operands []operand, err error) {
	read := false
	for _, name := range names {
		if name != "-" {
			operands = append(operands, operand{path: name})
			continue
		}
		if read {
			return nil, app.Usagef("- twice: stdin has one list of names")
		}
		read = true
		list, err := b.readList()
		if err != nil {
			return nil, err
		}
		for _, name := range b.splitNames(list) {
			operands = append(operands, operand{path: name, listed: true})
		}
	}
	if b.NUL && !read {
		return nil, app.Usagef("-0 goes with the operand -, which reads names from stdin")
	}
	return operands, nil
}

// maxList is the length of a list of names, in bytes, beyond which it is none.
const maxList = 256 << 20

// readList reads the list of names.
func (b *Batch) readList() ([]byte, error) {
	in := b.Stdin
	if in == nil {
		stdin, err := app.Input("find DIR | "+b.typed("DIR", "-")+" or "+b.typed("DIR", "-"), "-")
		if err != nil {
			return nil, err
		}
		in = stdin
	}
	list, err := io.ReadAll(io.LimitReader(in, maxList+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("names on stdin: %w", err)
	case len(list) > maxList:
		return nil, fmt.Errorf("names on stdin: more than %d MiB", maxList>>20)
	}
	if format := codec.Recognise(list[:min(len(list), codec.HeadSize)]); format != "" {
		return nil, app.Usagef("stdin has a %s, where the operand - takes names of files: type %s -o FILE < INPUT", format, b.Command)
	}
	return list, nil
}

// splitNames splits a list of names, each of which ends with NUL or a line feed. A last name
// without that is a name too; an empty one is not.
func (b *Batch) splitNames(list []byte) (names []string) {
	end := "\n"
	if b.NUL {
		end = "\x00"
	}
	for name := range bytes.SplitSeq(list, []byte(end)) {
		if len(name) > 0 {
			names = append(names, string(name))
		}
	}
	return names
}
