package app

import (
	"flag"
	"strings"
	"testing"
)

func TestManual(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "86400")
	var quality string
	p := Program{
		Name: "tool", Summary: "do it", Env: "TOOL",
		About:    "First.\n\n.Second's `word`",
		Notes:    "\nThird: 12µs, ~^\\",
		Usage:    []string{"[options] FILE", "-stream"},
		Examples: []string{"tool < 'a file'    # read it"},
		SeeAlso:  []string{"other(1)"},
		Title:    "Options of one use",
		Flags: []*Flag{
			String("max-quality", &quality, "write it with `N`, up to 100; not `N`"),
			{Name: "jobs", Usage: "do `N` at once", Value: flagValue("8"), Default: "2 per core"},
		},
		Other: Other{Title: "Options of the other use", Flags: []*Flag{Switch("stream", new(bool), "read many")}},
	}
	const want = `.TH tool 1 "1970-01-02" imgpipe "User Commands"
.SH "NAME"
tool \- do it
.SH "SYNOPSIS"
.nh
tool [options] FILE
.br
tool \-stream
.hy
.SH "DESCRIPTION"
First.
.PP
\&.Second\(aqs \(gaword\(ga
.PP
Third: 12\[u00B5]s, \(ti\(ha\e
.SH "OPTIONS"
.SS "Options of one use"
.TP
\fB\-max\-quality\fR \fIN\fR
write it with \fIN\fR, up to 100; not \(gaN\(ga
.TP
\fB\-jobs\fR \fIN\fR
do \fIN\fR at once (default 2 per core)
.SS "Options of the other use"
.TP
\fB\-stream\fR
read many
.SS "Options of every program"
.TP
\fB\-completion\fR \fISHELL\fR
print the completion script for \fISHELL\fR: bash, zsh or fish
.TP
\fB\-version\fR
print the version
.TP
\fB\-help\fR, \fB\-h\fR
show this
.SH "EXIT STATUS"
.TP
0
The result is whole.
.TP
1
A bad image, an I/O failure, or no whole answer. A line on stderr says why.
.TP
2
A wrong command line. Nothing was written to stdout.
.SH "ENVIRONMENT"
Each option above, except those of every program, can also be set by a variable: TOOL, an
underscore, and the name of the option in capitals, with an underscore for each dash,
such as TOOL_MAX_QUALITY. The value of a switch is true or false. The values of an option that may be
repeated are separated by white space. The command line goes before the environment.
.SH "EXAMPLES"
.EX
tool < \(aqa file\(aq    # read it
.EE
.SH "SEE ALSO"
other(1)
`
	var page strings.Builder
	if err := p.manual(&page); err != nil || page.String() != want {
		t.Errorf("%v; got:\n%s", err, page.String())
	}
}

// A flagValue is a default.
type flagValue string

func (v flagValue) String() string { return string(v) }
func (flagValue) Set(string) error { return nil }

var _ flag.Value = flagValue("")
