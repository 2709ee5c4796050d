package app

import (
	"cmp"
	"fmt"
	"strings"
)

// help returns the page that -help prints: examples first, then the synopses and
// the options. flags are all options of p, those of every program at the end.
func (p Program) help(flags []*Flag) string {
	var page strings.Builder
	section := func(title string, lines ...string) {
		fmt.Fprintf(&page, "\n%s:\n", title)
		for _, line := range lines {
			fmt.Fprintf(&page, "  %s\n", line)
		}
	}
	fmt.Fprintf(&page, "%s: %s\n", p.Name, p.Summary)
	section("Examples", p.Examples...)
	section("Usage")
	for _, u := range p.Usage {
		fmt.Fprintf(&page, "  %s %s\n", p.Name, u)
	}
	for _, s := range p.sections() {
		section(cmp.Or(s.title, "Options"), helpLines(s.flags)...)
	}
	section("Options of every program", helpLines(flags[len(flags)-common:])...)
	if p.Notes != "" {
		fmt.Fprintf(&page, "\n%s\n", strings.TrimSpace(p.Notes))
	}
	return page.String()
}

// An optionSection is some of a program's own options under a heading.
type optionSection struct {
	title string // "": there is only one section
	flags []*Flag
}

// sections returns all of p's own options.
func (p Program) sections() (all []optionSection) {
	for _, c := range p.Commands {
		all = append(all, optionSection{"Options of " + c.Name, c.Flags})
	}
	all = append(all, optionSection{p.Title, p.Flags})
	if p.Other.Title != "" {
		all = append(all, optionSection{p.Other.Title, p.Other.Flags})
	}
	return all
}

func helpLines(flags []*Flag) []string {
	lines := make([]string, len(flags))
	for i, f := range flags {
		lines[i] = f.String()
	}
	return lines
}

// String returns the flag's line on the page of -help: its name with a placeholder,
// the text, the default, and the environment variable.
func (f *Flag) String() string {
	placeholder, usage := describe(f)
	name := strings.Join(f.listed(), ", -")
	if placeholder != "" {
		name += " " + placeholder
	}
	usage += defaultText(f.initial)
	if f.env != "" {
		usage += " [$" + f.env + "]"
	}
	return fmt.Sprintf("-%-21s %s", name, usage)
}

// defaultText says what an option is without a value; nothing of one that is off.
func defaultText(value string) string {
	switch value {
	case "", "0", "false":
		return ""
	}
	return " (default " + value + ")"
}

// describe returns the placeholder of a flag's value, "" for a switch, and the
// usage text.
func describe(f *Flag) (placeholder, usage string) {
	before, rest, quoted := strings.Cut(f.Usage, "`")
	if !quoted {
		return "", before
	}
	placeholder, after, _ := strings.Cut(rest, "`")
	return placeholder, before + placeholder + after
}
