package app

import (
	"fmt"
	"io"
	"maps"
	"strings"
)

// complete writes a script that makes shell complete p's command lines: options,
// the words and files that an option takes, and files, or the name of a program, as
// operands.
func (p Program) complete(w io.Writer, shell string) error {
	write, ok := map[string]func(io.Writer, Program, []completion){
		"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion,
	}[shell]
	if !ok {
		return Usagef("-completion %q: want bash, zsh or fish", shell)
	}
	var script strings.Builder
	write(&script, p, p.completions())
	_, err := io.WriteString(w, script.String())
	return err
}

// A completion is what a shell has to know of one option.
type completion struct {
	name  string // with the dash
	usage string
	value string   // the placeholder of the value; "" if the option has none
	words []string // the values, if they are words of a list
	files bool     // the values are files or directories
}

func (p Program) completions() (all []completion) {
	seen := map[string]bool{}
	words := map[string][]string{"completion": {"bash", "zsh", "fish"}}
	maps.Copy(words, p.Words)
	for _, f := range append(p.flags(new(string)), p.Other.Flags...) {
		if !seen[f.Name] {
			seen[f.Name] = true
			placeholder, usage := describe(f)
			all = append(all, completion{"-" + f.Name, usage, placeholder, words[f.Name], placeholder == "FILE"})
		}
	}
	return all
}

// bashCompletion writes a function for bash's "complete -F" (Bash manual,
// section "Programmable Completion").
func bashCompletion(w io.Writer, p Program, all []completion) {
	var names, values []string
	fmt.Fprintf(w, "# bash completion for %s: source <(%[1]s -completion bash)\n_%[1]s() {\n", p.Name)
	fmt.Fprintf(w, "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n\tcase $before in\n")
	for _, c := range all {
		names = append(names, c.name)
		switch {
		case c.words != nil:
			fmt.Fprintf(w, "\t%s) COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n", c.name, strings.Join(c.words, " "))
		case c.files:
			fmt.Fprintf(w, "\t%s) COMPREPLY=(); compopt -o default; return ;;\n", c.name)
		case c.value != "":
			values = append(values, c.name)
		}
	}
	fmt.Fprintf(w, "\t%s) COMPREPLY=(); return ;;\n\tesac\n", strings.Join(values, "|"))
	fmt.Fprintf(w, "\tif [[ $word == -* ]]; then\n\t\tCOMPREPLY=($(compgen -W '%s' -- \"$word\"))\n\telse\n", strings.Join(names, " "))
	operands := ""
	if !p.Mixed {
		operands = `$(compgen -c -- "$word")`
	}
	fmt.Fprintf(w, "\t\tCOMPREPLY=(%s)\n\t\tcompopt -o default\n\tfi\n}\ncomplete -F _%s %[2]s\n", operands, p.Name)
}

// zshCompletion writes a call of zsh's _arguments (zshcompsys(1)).
func zshCompletion(w io.Writer, p Program, all []completion) {
	quote := strings.NewReplacer("'", "'\\''", "[", "\\[", "]", "\\]", ":", "\\:").Replace
	fmt.Fprintf(w, "#compdef %s\n# zsh completion for %[1]s: source <(%[1]s -completion zsh)\n_%[1]s() {\n\t_arguments \\\n", p.Name)
	for _, c := range all {
		action := ""
		switch {
		case c.words != nil:
			action = ":" + c.value + ":(" + strings.Join(c.words, " ") + ")"
		case c.files:
			action = ":" + c.value + ":_files"
		case c.value != "":
			action = ":" + c.value + ": "
		}
		fmt.Fprintf(w, "\t\t'*%s[%s]%s' \\\n", c.name, quote(c.usage), action)
	}
	operands := "'*:file:_files'"
	if !p.Mixed {
		operands = "'*::command:_normal'"
	}
	fmt.Fprintf(w, "\t\t%s\n}\ncompdef _%s %[2]s\n", operands, p.Name)
}

// fishCompletion writes fish's "complete" commands; options with one dash are its
// old-style options (complete(1) of fish).
func fishCompletion(w io.Writer, p Program, all []completion) {
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace
	fmt.Fprintf(w, "# fish completion for %s: %[1]s -completion fish | source\n", p.Name)
	for _, c := range all {
		fmt.Fprintf(w, "complete -c %s -o %s -d '%s'", p.Name, strings.TrimPrefix(c.name, "-"), quote(c.usage))
		switch {
		case c.words != nil:
			fmt.Fprintf(w, " -x -a '%s'", strings.Join(c.words, " "))
		case c.files:
			fmt.Fprint(w, " -r -F")
		case c.value != "":
			fmt.Fprint(w, " -x")
		}
		fmt.Fprintln(w)
	}
	if !p.Mixed {
		fmt.Fprintf(w, "complete -c %s -a '(__fish_complete_subcommand)'\n", p.Name)
	}
}
