package main

import (
	"fmt"
	"io"
	"os"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/batch"
)

// filterStdin filters stdin to stdout, or to the file called output, whole or not at all. A
// line warns if the result is a picture and the name says another format; with rename, the
// file gets the right extension. Command is how netpipe is called, for messages.
func filterStdin(command, output string, rename bool, filter func(out io.Writer, in io.Reader) error) error {
	if rename && (output == "" || output == "-") {
		return app.Usagef("-rename goes with -o FILE")
	}
	in, err := app.Input(command, "")
	if err != nil {
		return err
	}
	out, err := app.CreateOutput(command, output)
	if err != nil {
		return err
	}
	defer out.Close()
	answer := &batch.Answer{Output: out, Name: output}
	if err := filter(answer, in); err != nil {
		return err
	}
	if line := answer.CheckName(rename); line != "" {
		fmt.Fprintln(os.Stderr, "netpipe: "+line)
	}
	return out.Commit()
}

func renameFlag(to *bool) *app.Flag {
	return app.Switch("rename", to, "with -o FILE: let FILE have the extension of the answer's format, such as .png instead of .jpg")
}
