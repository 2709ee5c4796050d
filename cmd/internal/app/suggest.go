package app

import "strings"

// unknown returns the usage error for an option that p does not have, with what to type for
// it if that is known.
func (p Program) unknown(name, value string, flags []*Flag) error {
	if meant := p.meant(name, value, flags); meant != "" {
		return Usagef("there is no option -%s; did you mean %s?", name, meant)
	}
	return Usagef("there is no option -%s", name)
}

// meant returns what to type for an option that p does not have; "" if nothing is like it.
func (p Program) meant(name, value string, flags []*Flag) string {
	if meant := p.instead(name, value); meant != "" {
		return meant
	}
	if near := nearest(name, append(flags, p.Other.Flags...)); near != "" {
		return "-" + near
	}
	return ""
}

// instead is p.Instead, which may be nil.
func (p Program) instead(name, value string) string {
	if p.Instead == nil {
		return ""
	}
	return p.Instead(name, value)
}

// nearest returns the name of the flag that begins with name, or from which name differs in
// the fewest letters; "" if that is more than a third of them. A name of one letter is like
// every other, so it is left out.
func nearest(name string, flags []*Flag) (near string) {
	least := (len(name)+2)/3 + 1
	for _, f := range flags {
		if len(name) < 2 || len(f.Name) < 2 {
			continue
		}
		if strings.HasPrefix(f.Name, name) {
			return f.Name
		}
		if d := distance(name, f.Name); d < least {
			near, least = f.Name, d
		}
	}
	return near
}

// distance returns how many letters must be inserted, removed or replaced to make b of a
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := min(row[j], row[j+1]) + 1
			if a[i] == b[j] {
				d = diagonal
			} else {
				d = min(d, diagonal+1)
			}
			diagonal, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}
