package app

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// help is the page that -help prints: examples first, then the synopsis and the
// options. cli takes it for a template, so it must not contain "{{".
func (p Program) help(flags []cli.Flag) string {
	var page strings.Builder
	fmt.Fprintf(&page, "%s: %s\n\nExamples:\n", p.Name, p.Summary)
	for _, e := range p.Examples {
		fmt.Fprintf(&page, "  %s\n", e)
	}
	page.WriteString("\nUsage:\n")
	for _, u := range p.Usage {
		fmt.Fprintf(&page, "  %s %s\n", p.Name, u)
	}
	page.WriteString("\nOptions:\n")
	for _, f := range flags {
		name, usage := describe(f)
		fmt.Fprintf(&page, "  %-22s %s\n", name, usage)
	}
	if p.Notes != "" {
		fmt.Fprintf(&page, "\n%s\n", strings.TrimSpace(p.Notes))
	}
	return page.String()
}

// describe gives a flag's name with its placeholder (the word in backquotes in
// its usage text), and the text with its default.
func describe(f cli.Flag) (name, usage string) {
	d := f.(cli.DocGenerationFlag)
	names := f.Names()
	for i, n := range names {
		names[i] = "-" + n
	}
	name, usage = strings.Join(names, ", "), d.GetUsage()
	if before, rest, ok := strings.Cut(usage, "`"); ok {
		word, after, _ := strings.Cut(rest, "`")
		name, usage = name+" "+word, before+word+after
	}
	if d.TakesValue() {
		if def := d.GetDefaultText(); !strings.Contains(usage, "(default") && strings.TrimSpace(def) != "" && def != `""` {
			usage += " (default " + strings.Trim(def, `"`) + ")"
		}
	}
	return name, usage
}
