package app

import (
	"flag"
	"fmt"
	"strings"
)

// help is the page that -help prints: examples first, then the synopsis and the
// options.
func (p Program) help() string {
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
	p.Flags.VisitAll(func(f *flag.Flag) { writeFlag(&page, f) })
	writeFlag(&page, &flag.Flag{Name: "help, -h", Usage: "show this"})
	if p.Notes != "" {
		fmt.Fprintf(&page, "\n%s\n", strings.TrimSpace(p.Notes))
	}
	return page.String()
}

// writeFlag writes a flag's name with its placeholder (the word in backquotes in
// its usage text), and the text with its default.
func writeFlag(page *strings.Builder, f *flag.Flag) {
	name, usage := f.Name, f.Usage
	if before, rest, ok := strings.Cut(usage, "`"); ok {
		word, after, _ := strings.Cut(rest, "`")
		name, usage = name+" "+word, before+word+after
	}
	switch f.DefValue {
	case "", "0", "false":
	default:
		usage += " (default " + f.DefValue + ")"
	}
	fmt.Fprintf(page, "  -%-21s %s\n", name, usage)
}
