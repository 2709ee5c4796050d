package app

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// Input opens the file called name, or stdin if name is empty or "-". A terminal as
// stdin is a usage error that says what to type.
func Input(program, name string) (io.ReadCloser, error) {
	if name == "" || name == "-" {
		if term.IsTerminal(int(os.Stdin.Fd())) {
			return nil, Usagef("stdin is a terminal: type %s < FILE", program)
		}
		return os.Stdin, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	if st, err := f.Stat(); err == nil && st.IsDir() {
		f.Close()
		return nil, fmt.Errorf("%s: is a directory", name)
	}
	return f, nil
}
