package main

import (
	"path/filepath"
	"slices"
	"strings"
)

// shownOptions are the options of imggray and imgscale that tell what becomes of a picture,
// and how the page says them: %s is the value. Other options, and those of other programs,
// are not shown: they may have paths, or passwords.
var shownOptions = []struct{ name, says string }{
	{"factor", "%s"},
	{"size", "%s"},
	{"fill", "cropped"},
	{"stretch", "stretched"},
	{"format", "as %s"},
	{"quality", "quality %s"},
	{"upright", "upright"},
	{"strip", "without metadata"},
}

// sizeOptions are those of imgscale alone. If the command line has a size, none of them
// comes from the environment.
var sizeOptions = []string{"factor", "size", "fill", "stretch"}

// about says what a filter does, from the command lines of its programs and from the
// environment, in which env looks: "imggray → imgscale 25%".
func about(programs [][]string, env func(name string) string) string {
	says := make([]string, len(programs))
	for i, argv := range programs {
		says[i] = aboutProgram(argv, env)
	}
	return strings.Join(says, " → ")
}

// aboutProgram says what one program does.
func aboutProgram(argv []string, env func(name string) string) string {
	name := filepath.Base(argv[0])
	if name != "imggray" && name != "imgscale" {
		return name
	}
	values := optionValues(argv[1:])
	isSized := values["factor"] != "" || values["size"] != "" || name == "imggray"
	for _, option := range shownOptions {
		if values[option.name] == "" && !(isSized && slices.Contains(sizeOptions, option.name)) {
			values[option.name] = env("IMGPIPE_" + strings.ToUpper(option.name))
		}
	}
	if name == "imgscale" && values["factor"] == "" && values["size"] == "" {
		values["factor"] = "50%" // the default
	}
	var says []string
	for _, option := range shownOptions {
		if value := values[option.name]; value != "" && value != "false" {
			says = append(says, strings.ReplaceAll(option.says, "%s", value))
		}
	}
	return strings.TrimSpace(name + " " + strings.Join(says, ", "))
}

// optionValues returns the values of the shown options among arguments, by name; that of a
// switch is "true" or "false". The last one counts.
func optionValues(args []string) map[string]string {
	values := map[string]string{}
	for i, arg := range args {
		text, isOption := strings.CutPrefix(arg, "-")
		name, value, isAttached := strings.Cut(strings.TrimPrefix(text, "-"), "=")
		for _, option := range shownOptions {
			switch {
			case !isOption || name != option.name:
			case isAttached:
				values[name] = value
			case !strings.Contains(option.says, "%s"):
				values[name] = "true"
			case i+1 < len(args):
				values[name] = args[i+1]
			}
		}
	}
	return values
}
