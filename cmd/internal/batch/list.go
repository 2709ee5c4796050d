package batch

import (
	"bytes"
	"fmt"
	"io"

	"imgpipe/cmd/internal/app"
)

// expand returns the operands with the names on stdin in place of the operand -.
func (b *Batch) expand(operands []string) (paths []string, err error) {
	read := false
	for _, operand := range operands {
		if operand != "-" {
			paths = append(paths, operand)
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
		paths = append(paths, b.splitNames(list)...)
	}
	if b.NUL && !read {
		return nil, app.Usagef("-0 goes with the operand -, which reads names from stdin")
	}
	return paths, nil
}

// maxList is the length of a list of names, in bytes, beyond which it is none.
const maxList = 256 << 20

// readList reads the list of names.
func (b *Batch) readList() ([]byte, error) {
	in := b.Stdin
	if in == nil {
		stdin, err := app.Input("find DIR | "+b.Command+" -o DIR - or "+b.Command+" -o DIR -", "-")
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
