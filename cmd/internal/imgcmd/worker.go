package imgcmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/netpipe/worker"
)

// serve answers the requests of netpipe. The error of a request is the line that the
// program prints for such an image, or for such a command line.
func (r invocation) serve(in io.Reader, out io.Writer) error {
	return worker.ServeParams(in, out, func(params []worker.Param) (worker.Filter, error) {
		if len(params) == 0 {
			return r.answer, nil
		}
		with, err := r.with(params)
		if err != nil {
			return nil, r.line(err)
		}
		return with.answer, nil
	})
}

// answer filters the image of one request.
func (r invocation) answer(w io.Writer, in io.Reader) error {
	isLarge := false
	r.options.Large = func() {
		app.AllProcessors()
		isLarge = true
	}
	input := &countedReader{Reader: in}
	err := r.filter(w, input)
	if errors.Is(err, errSeconds) { // the filter goes on
		return worker.Last(r.line(err))
	}
	if isLarge || input.n > largeInput {
		freeMemory()
	}
	if err != nil {
		return r.line(err)
	}
	return nil
}

// line returns an error whose text is the line that the program prints.
func (r invocation) line(err error) error {
	return fmt.Errorf("%s: %s", r.program.Name, r.program.Line(err))
}

// with returns the invocation for a request with parameters: what the command line of this
// process says with the parameters behind it, each as one argument. So a parameter means
// the same to a process that netpipe starts for the request.
func (r invocation) with(params []worker.Param) (with invocation, err error) {
	args := slices.Clone(os.Args[1:])
	for _, p := range params {
		if !slices.Contains(r.params, p.Name) {
			return r, app.Usagef("a request may not set -%s (-param)", p.Name)
		}
		args = append(args, "-"+p.Name+"="+p.Value)
	}
	program := newProgram(r.newCommand, func(_ *cli.Context, _ *options, parsed invocation) error {
		with = parsed
		return nil
	})
	return with, program.Parse(args)
}

// paramOptions are the options that a request may set, of those that all filters have. No
// other is: one names a file, sets a limit, or is about the whole process.
var paramOptions = []string{"format", "quality", "upright", "strip", "no-convert", "strict"}

// paramFlag defines the option for the names of the parameters: of a filter's own flags
// and of paramOptions.
func (o *options) paramFlag(own []*app.Flag) *app.Flag {
	names := slices.Clone(paramOptions)
	for _, f := range own {
		names = append(names, f.Name)
	}
	return &app.Flag{
		Name:  "param",
		Usage: "with -worker: let a request set the option `NAME`; may be repeated. netpipe -param sets this",
		Value: &app.List{
			Clear: func() { o.params = nil },
			Add: func(name string) error {
				if !slices.Contains(names, name) {
					return fmt.Errorf("a request may not set -%s", name)
				}
				o.params = append(o.params, name)
				return nil
			},
		},
	}
}
