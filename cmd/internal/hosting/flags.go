package hosting

import (
	"errors"
	"strconv"
	"strings"

	"imgpipe/cmd/internal/app"
	"imgpipe/netpipe"
)

// NotWorker is the hint for netpipe.ErrNotWorker: what to write in place of a program that is no
// worker, such as sh -c 'imggray | imgscale'.
const NotWorker = "-reuse wants workers, such as imggray -worker + imgscale -worker; without -reuse, any program"

// EnvFlag defines the option -env.
func EnvFlag(s *netpipe.Server) *app.Flag {
	return &app.Flag{Name: "env", Usage: "let the filter see the environment variable `NAME` (always: PATH, HOME, LANG, LC_*, TZ, TMPDIR, IMGPIPE_*); may be repeated", Value: &app.List{
		Clear: func() { s.Env = nil },
		Add: func(name string) error {
			if name == "" || strings.Contains(name, "=") {
				return errors.New("not the name of a variable")
			}
			s.Env = append(s.Env, name)
			return nil
		},
	}}
}

// NiceFlag defines the option -nice.
func NiceFlag(s *netpipe.Server) *app.Flag {
	return &app.Flag{Name: "nice", Usage: "run the filter with a niceness of `N` above that of this program", Value: (*niceness)(&s.FilterNice)}
}

// A niceness is the value of an option: how much less urgent than another a process is.
type niceness int

func (n *niceness) String() string { return strconv.Itoa(int(*n)) }

func (n *niceness) Set(s string) error {
	const most = 19
	i, err := strconv.Atoi(s)
	if err != nil || i < 0 || i > most {
		return errors.New("not a whole number from 0 to 19")
	}
	*n = niceness(i)
	return nil
}
