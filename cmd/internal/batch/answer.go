package batch

import (
	"fmt"
	"path/filepath"

	"imgpipe/cmd/internal/app"
	"imgpipe/filters/codec"
	"imgpipe/netpipe/stdio"
)

// An Answer is a single result whose format the program learns from its first bytes.
type Answer struct {
	Output *app.Output
	Name   string // of the file, as the user has named it
	head   []byte
}

// Write writes a part of the answer.
func (a *Answer) Write(b []byte) (int, error) {
	a.head = append(a.head, b[:min(len(b), codec.HeadSize-len(a.head))]...)
	return a.Output.Write(b)
}

// CheckName compares the name of the file with the format of the answer, which has come
// whole. If they differ, and rename is set, the file gets the extension of the format.
// Otherwise the user's word stands: a script looks for the file under the name that it has
// said. CheckName returns a line that tells of either; "" if there is nothing to tell.
func (a *Answer) CheckName(rename bool) (line string) {
	if dir, _, _ := a.Output.Names(); dir == "" {
		return "" // stdout, or what is written in place
	}
	format, name := codec.Recognise(a.head), filepath.Base(a.Name)
	if format == "" || format.Rename(name) == name || !rename && !codec.HasExtension(name) {
		return ""
	}
	path := filepath.Join(filepath.Dir(a.Name), format.Rename(name))
	if !rename {
		return stdio.OneLine(fmt.Sprintf("warning: %s has the answer, which is a %s (-rename calls it %s)", a.Name, format, path))
	}
	a.Output.Rename(format.Rename(name))
	return stdio.OneLine(fmt.Sprintf("the answer is a %s: it is in %s", format, path))
}
