package imgcmd

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/sandbox"
)

// A sandboxMode is the value of -sandbox: what happens where the system has no sandbox.
type sandboxMode string

const (
	sandboxRequire sandboxMode = "require" // an error
	sandboxAuto    sandboxMode = "auto"    // a warning
	sandboxOff     sandboxMode = "off"     // it is not entered
)

// String returns the mode.
func (m *sandboxMode) String() string { return string(*m) }

// Set reads the mode.
func (m *sandboxMode) Set(text string) error {
	switch mode := sandboxMode(text); mode {
	case sandboxRequire, sandboxAuto, sandboxOff:
		*m = mode
		return nil
	}
	return errors.New("want require, auto or off")
}

// sandboxMode returns the mode that the options -sandbox and -no-sandbox say.
func (o *options) sandboxMode(c *cli.Context) (sandboxMode, error) {
	given := app.Given(c, "sandbox", "no-sandbox")
	switch {
	case len(given) > 1 && o.sandbox != sandboxOff:
		return "", errors.New("-no-sandbox is -sandbox off: give one of them")
	case len(given) > 0 && given[len(given)-1] == "no-sandbox":
		return sandboxOff, nil
	case len(given) == 0:
		return sandboxAuto, nil
	}
	return o.sandbox, nil
}

// enter gives up what the program does not need: all but the open files and, if out is a
// file that is written whole, the renaming and removing of that file.
func (m sandboxMode) enter(p app.Program, out *app.Output) error {
	if m == sandboxOff {
		return nil
	}
	var o sandbox.Options
	if dir, from, to := out.Names(); dir != "" {
		o.Move = &sandbox.Move{Dir: dir, From: from, To: to}
		out.MoveBy(o.Move.Rename, o.Move.Remove)
	}
	held, err := sandbox.Enter(o)
	if err != nil {
		return fmt.Errorf("%w (-sandbox off goes without)", err)
	}
	return m.check(p, held)
}

// check warns, or returns an error, if what the program has given up, or could give up, is
// no sandbox.
func (m sandboxMode) check(p app.Program, held sandbox.Held) error {
	if held.Seccomp {
		return nil
	}
	lack := "no sandbox: this system has neither seccomp nor Landlock"
	if held.Landlock > 0 {
		lack = "a weak sandbox: this system has Landlock, but no seccomp, which forbids sockets and programs"
	}
	if m == sandboxRequire {
		return errors.New(lack + " (-sandbox auto goes on with a warning)")
	}
	fmt.Fprintf(os.Stderr, "%s: warning: %s\n", p.Name, lack)
	return nil
}
