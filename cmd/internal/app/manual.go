package app

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// manual writes the manual page of p, for section 1, in the man macros of roff
// (groff_man(7)). It has what -help prints, and more. Its date is that of the variable
// SOURCE_DATE_EPOCH, in seconds since 1970; without that variable there is none.
func (p Program) manual(w io.Writer) error {
	flags := p.flags(new(string))
	date := ""
	if epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		date = time.Unix(epoch, 0).UTC().Format(time.DateOnly)
	}
	page := roff{}
	fmt.Fprintf(&page, ".TH %s 1 \"%s\" imgpipe \"User Commands\"\n", p.Name, date)

	page.macro("SH", "NAME")
	page.text(p.Name + " - " + p.Summary)
	page.macro("SH", "SYNOPSIS")
	page.macro("nh")
	for i, u := range p.Usage {
		if i > 0 {
			page.macro("br")
		}
		page.text(p.Name + " " + u)
	}
	page.macro("hy")
	page.macro("SH", "DESCRIPTION")
	page.paragraphs(p.About + "\n\n" + p.Notes)

	page.macro("SH", "OPTIONS")
	for _, s := range p.sections() {
		if s.title != "" {
			page.macro("SS", s.title)
		}
		page.options(s.flags)
	}
	page.macro("SS", "Options of every program")
	page.options(flags[len(flags)-common:])

	page.macro("SH", "EXIT STATUS")
	for _, s := range exitStatuses {
		page.macro("TP")
		page.text(strconv.Itoa(s.status))
		page.text(s.meaning)
	}
	page.macro("SH", "ENVIRONMENT")
	page.paragraphs(fmt.Sprintf(environment, p.Env, variable(p.Env, longest(p.Flags))))
	page.macro("SH", "EXAMPLES")
	page.macro("EX")
	for _, e := range p.Examples {
		page.text(e)
	}
	page.macro("EE")
	if len(p.SeeAlso) > 0 {
		page.macro("SH", "SEE ALSO")
		page.text(strings.Join(p.SeeAlso, ", "))
	}
	_, err := io.WriteString(w, page.String())
	return err
}

var exitStatuses = []struct {
	status  int
	meaning string
}{
	{0, "The result is whole."},
	{exitFailure, "A bad image, an I/O failure, or no whole answer. A line on stderr says why."},
	{exitUsage, "A wrong command line. Nothing was written to stdout."},
}

const environment = `
Each option above, except those of every program, can also be set by a variable: %s, an
underscore, and the name of the option in capitals, with an underscore for each dash,
such as %s. The value of a switch is true or false. The values of an option that may be
repeated are separated by white space. The command line goes before the environment.
`

// longest returns the name with the most dashes, the best example of how the name of a
// variable is made.
func longest(flags []*Flag) (name string) {
	for _, f := range flags {
		if name == "" || strings.Count(f.Name, "-") > strings.Count(name, "-") {
			name = f.Name
		}
	}
	return name
}

// A roff is a page in the making.
type roff struct{ strings.Builder }

// macro writes a line that calls a macro.
func (r *roff) macro(name string, args ...string) {
	r.WriteString("." + name)
	for _, a := range args {
		r.WriteString(` "` + strings.ReplaceAll(roffEscape(a), `"`, `\(dq`) + `"`)
	}
	r.WriteByte('\n')
}

// text writes one line of text.
func (r *roff) text(line string) { r.line(roffEscape(line)) }

// line writes one line that is escaped already. A dot or a quote at its beginning would
// call a macro.
func (r *roff) line(escaped string) {
	if strings.HasPrefix(escaped, ".") || strings.HasPrefix(escaped, `\(aq`) {
		r.WriteString(`\&`)
	}
	r.WriteString(escaped + "\n")
}

// paragraphs writes paragraphs that are separated by empty lines, below a heading.
func (r *roff) paragraphs(text string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			r.macro("PP")
		}
		for line := range strings.SplitSeq(strings.TrimSpace(paragraph), "\n") {
			r.text(line)
		}
	}
}

// options writes a paragraph for each flag.
func (r *roff) options(flags []*Flag) {
	for _, f := range flags {
		r.macro("TP")
		var names []string
		for _, name := range f.listed() {
			names = append(names, `\fB`+roffEscape("-"+name)+`\fR`)
		}
		tag := strings.Join(names, ", ")
		placeholder, _ := describe(f)
		if placeholder != "" {
			tag += " " + `\fI` + roffEscape(placeholder) + `\fR`
		}
		r.line(tag)
		usage := roffEscape(f.Usage)
		if placeholder != "" {
			usage = strings.Replace(usage, roffEscape("`"+placeholder+"`"), `\fI`+roffEscape(placeholder)+`\fR`, 1)
		}
		r.line(usage + roffEscape(defaultText(cmp.Or(f.Default, f.initial))))
	}
}

// roffEscape returns a text as roff prints it unchanged (groff_char(7)): a dash that can
// be copied, quotes and accents of ASCII, and other characters by their number.
func roffEscape(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch c {
		case '\\':
			b.WriteString(`\e`)
		case '-':
			b.WriteString(`\-`)
		case '\'':
			b.WriteString(`\(aq`)
		case '`':
			b.WriteString("\\(ga")
		case '^':
			b.WriteString(`\(ha`)
		case '~':
			b.WriteString(`\(ti`)
		default:
			if c < 0x80 {
				b.WriteRune(c)
			} else {
				fmt.Fprintf(&b, `\[u%04X]`, c)
			}
		}
	}
	return b.String()
}
