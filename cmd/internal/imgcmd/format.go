package imgcmd

import (
	"cmp"
	"fmt"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/filters/codec"
)

// resultFormat returns the format of the results; "" means that of the input. The option
// -format says it, and so does the extension of -o FILE, if it is a picture's. It is an
// error if they contradict each other, unless one of them is from the environment: then
// the command line decides.
func (o *options) resultFormat(c *cli.Context, batch bool) (byOption codec.Format, err error) {
	if c.IsSet("format") {
		if byOption, err = codec.ParseFormat(o.format); err != nil {
			return "", err
		}
	}
	if batch || o.worker {
		return byOption, nil
	}
	byName, err := codec.FormatOfName(o.output)
	if err != nil {
		return "", fmt.Errorf("-o %w", err)
	}
	if byName == "" || byOption == "" || byName == byOption {
		return cmp.Or(byOption, byName), nil
	}
	switch given := app.Given(c, "format", "o"); {
	case len(given) > 1:
		return "", fmt.Errorf("-o %s is the name of a %s, but -format says %s: leave out -format, or change the name", o.output, byName, byOption)
	case given[0] == "o":
		return byName, nil
	}
	return byOption, nil
}
