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
	own := len(flags) - common
	section(cmp.Or(p.Title, "Options"), helpLines(flags[:own])...)
	if p.Other.Title != "" {
		section(p.Other.Title, helpLines(p.Other.Flags)...)
	}
	section("Options of every program", helpLines(flags[own:])...)
	if p.Notes != "" {
		fmt.Fprintf(&page, "\n%s\n", strings.TrimSpace(p.Notes))
	}
	return page.String()
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
	name := strings.Join(f.Names(), ", -")
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
