package netpipe

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An environment is what a filter gets of this program's environment, as NAME=VALUE.
type environment []string

// filterNames are the variables that each filter gets, beside those that begin with one
// of filterPrefixes.
var (
	filterNames    = []string{"PATH", "HOME", "LANG", "TZ", "TMPDIR"}
	filterPrefixes = []string{"LC_", "IMGPIPE_"}
)

// filterEnvironment returns the variables of all that each filter gets, and those of the
// names more. Others, such as passwords, are not for a program that reads hostile input.
func filterEnvironment(all, more []string) environment {
	env := environment{}
	for _, variable := range all {
		name, _, _ := strings.Cut(variable, "=")
		if slices.Contains(filterNames, name) || slices.Contains(more, name) ||
			slices.ContainsFunc(filterPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			env = append(env, variable)
		}
	}
	return env
}

// paramVariable is the variable with the names of the parameters that clients may set. It
// is only for the program that gets them.
const paramVariable = "IMGPIPE_PARAM"

// without returns env without a variable.
func (env environment) without(name string) environment {
	return slices.DeleteFunc(slices.Clone(env), func(variable string) bool { return strings.HasPrefix(variable, name+"=") })
}

// shortestSecret is the length of a value that is replaced in a text for clients, in
// bytes. A shorter one would be found in words that have nothing to do with it.
const shortestSecret = 4

// absolutePath is a path from the root, and what stands before it. A slash within a word,
// as in image/png or 3/4, begins no path; $HOME may.
var absolutePath = regexp.MustCompile(`(^|[^\w./-])((?:\$\w+)?(?:/+[^\s/:;,'"()<>{}|\[\]]+)+/*)`)

// forClients returns what a filter has written to stderr without what it tells of this
// machine: of an absolute path only the last element stays, a variable's value becomes its
// name, and of a text that was cut in the middle the first and the last line stay.
func (env environment) forClients(text string) string {
	variables := slices.Clone(env)
	slices.SortFunc(variables, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		_, notNumber := strconv.Atoi(value)
		isLimit := notNumber == nil && strings.HasPrefix(name, "IMGPIPE_") // such as the text may name
		if len(value) >= shortestSecret && !isLimit && name != paramVariable {
			text = strings.ReplaceAll(text, value, "$"+name)
		}
	}
	if first, rest, isCut := strings.Cut(text, "\n…"); isCut { // a long trace
		text = first + " … " + rest[strings.LastIndex(rest, "\n")+1:]
	}
	return absolutePath.ReplaceAllStringFunc(text, func(found string) string {
		before := found[:strings.IndexAny(found, "$/")]
		if before == "<" && strings.Count(found, "/") == 1 { // </b>
			return found
		}
		return before + path.Base(found)
	})
}
