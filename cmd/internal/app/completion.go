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
	flags := p.flags(new(string))
	for _, s := range p.sections() {
		flags = append(flags, s.flags...)
	}
	for _, f := range flags {
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
	var names []string
	for _, c := range all {
		names = append(names, c.name)
	}
	fmt.Fprintf(w, "# bash completion for %s: source <(%[1]s -completion bash)\n_%[1]s() {\n", p.Name)
	fmt.Fprint(w, "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n")
	switch {
	case p.Commands != nil:
		fmt.Fprintf(w, "\tif ((COMP_CWORD == 1)) && [[ $word != -* ]]; then\n\t\tCOMPREPLY=($(compgen -W '%s' -- \"$word\"))\n\t\treturn\n\tfi\n", p.commandNames(" "))
	case !p.Mixed:
		fmt.Fprintf(w, bashCommand, p.otherNames("|"), withValues(all, "|"))
	}
	fmt.Fprint(w, "\tcase $before in\n")
	for _, c := range all {
		switch {
		case c.words != nil:
			fmt.Fprintf(w, "\t%s) COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n", c.name, strings.Join(c.words, " "))
		case c.files:
			fmt.Fprintf(w, "\t%s) COMPREPLY=(); compopt -o default; return ;;\n", c.name)
		case c.value != "":
			fmt.Fprintf(w, "\t%s) COMPREPLY=(); return ;;\n", c.name)
		}
	}
	fmt.Fprintf(w, "\tesac\n\tif [[ $word == -* ]]; then\n\t\tCOMPREPLY=($(compgen -W '%s' -- \"$word\"))\n\telse\n", strings.Join(names, " "))
	operands := ""
	if !p.Mixed && p.Commands == nil {
		operands = `$([[ $files ]] || compgen -c -- "$word")`
	}
	fmt.Fprintf(w, "\t\tCOMPREPLY=(%s)\n\t\tcompopt -o default\n\tfi\n}\ncomplete -F _%s %[2]s\n", operands, p.Name)
}

// bashCommand looks for the first operand, which is the name of a command: what follows
// is completed by the function of that command, or with files if it has none. An option
// of the other use, whose names come first, tells that operands are files. The second
// list is of the options with a value. COMP_WORDS is split at : and =, so the line is
// split anew. The function _completion_loader is that of the package bash-completion,
// which reads a command's script when the command is first completed.
const bashCommand = `	local files= i=1 k
	local -a line
	read -ra line <<<"${COMP_LINE:0:COMP_POINT}x"
	while ((i < ${#line[@]} - 1)); do
		case ${line[i]} in
		%s) files=yes; break ;;
		%s) ((i += 2)) ;;
		-*) ((i += 1)) ;;
		*)
			COMPREPLY=()
			compopt -o default
			for ((k = 1; k < COMP_CWORD; k++)); do
				[[ ${COMP_WORDS[k]} == "${line[i]}" ]] || continue
				complete -p "${line[i]}" &>/dev/null || _completion_loader "${line[i]}" &>/dev/null
				if [[ $(complete -p "${line[i]}" 2>/dev/null) =~ \ -F\ ([^ ]+) ]]; then
					COMP_WORDS=("${COMP_WORDS[@]:k}") COMP_CWORD=$((COMP_CWORD - k))
					"${BASH_REMATCH[1]}" "${line[i]}" "$word" "$before"
				fi
				return
			done
			return ;;
		esac
	done
`

// withValues returns the names of the options that take a value, separated by sep.
func withValues(all []completion, sep string) string {
	var names []string
	for _, c := range all {
		if c.value != "" {
			names = append(names, c.name)
		}
	}
	return strings.Join(names, sep)
}

// otherNames returns the names of the options of p's other use that are not options of
// the first one, separated by sep.
func (p Program) otherNames(sep string) string {
	own := map[string]bool{}
	for _, f := range p.Flags {
		own[f.Name] = true
	}
	var names []string
	for _, f := range p.Other.Flags {
		if !own[f.Name] {
			names = append(names, "-"+f.Name)
		}
	}
	if names == nil {
		return "''" // no word
	}
	return strings.Join(names, sep)
}

// zshCompletion writes a call of zsh's _arguments (zshcompsys(1)).
func zshCompletion(w io.Writer, p Program, all []completion) {
	quote := strings.NewReplacer("'", "'\\''", "[", "\\[", "]", "\\]", ":", "\\:").Replace
	fmt.Fprintf(w, "#compdef %s\n# zsh completion for %[1]s: source <(%[1]s -completion zsh)\n_%[1]s() {\n", p.Name)
	if p.Mixed || p.Commands != nil {
		fmt.Fprint(w, "\t_arguments \\\n")
	} else {
		fmt.Fprintf(w, zshCommand, p.otherNames("|"))
	}
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
	switch {
	case p.Commands != nil:
		fmt.Fprintf(w, "\t\t'1:command:(%s)' '*:file:_files'\n}\n", p.commandNames(" "))
	case p.Mixed:
		fmt.Fprint(w, "\t\t'*:file:_files'\n}\n")
	default:
		// Behind the name of a command there are no options of p, unless one of the other
		// use tells that operands are files.
		fmt.Fprint(w, "\t\t$operands\n}\n")
	}
	fmt.Fprintf(w, zshEnd, p.Name)
}

// zshEnd is for both uses of the script: zsh has read it from a file _NAME in its fpath,
// as the body of the function that it calls now; or the user sources it.
const zshEnd = `if [[ $funcstack[1] == _%[1]s ]]; then
	_%[1]s "$@"
else
	compdef _%[1]s %[1]s
fi
`

// zshCommand begins the call of _arguments for a program whose first operand is the name
// of a command. The option -A has no options completed behind it.
const zshCommand = `	local -a operands=('*::command:_normal') before=(-A '-*')
	if [[ -n ${(M)words:#(%s)} ]]; then
		operands=('*:file:_files') before=()
	fi
	_arguments $before \
`

// fishCompletion writes fish's "complete" commands; options with one dash are its
// old-style options (complete(1) of fish).
func fishCompletion(w io.Writer, p Program, all []completion) {
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace
	fmt.Fprintf(w, "# fish completion for %s: %[1]s -completion fish | source\n", p.Name)
	condition := ""
	switch {
	case p.Commands != nil:
		fmt.Fprintf(w, "complete -c %s -n __fish_use_subcommand -x -a '%s'\n", p.Name, p.commandNames(" "))
	case !p.Mixed:
		fmt.Fprintf(w, fishCommand, p.Name, p.otherNames(" "), withValues(all, " "))
		condition = fmt.Sprintf(" -n 'not __%s_command'", p.Name)
	}
	for _, c := range all {
		fmt.Fprintf(w, "complete -c %s%s -o %s -d '%s'", p.Name, condition, strings.TrimPrefix(c.name, "-"), quote(c.usage))
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
}

// fishCommand defines a function that tells whether there is an operand, the name of a
// command, and no option of the other use, whose names come first. The second list is of
// the options with a value. Operands of the other use are files.
const fishCommand = `function __%[1]s_command
	set -l words (commandline -opc)
	set -l i 2
	while test $i -le (count $words)
		if contains -- $words[$i] %[2]s
			return 1
		else if contains -- $words[$i] %[3]s
			set i (math $i + 2)
		else if string match -q -- '-*' $words[$i]
			set i (math $i + 1)
		else
			return 0
		end
	end
	return 1
end
function __%[1]s_operands
	for word in (commandline -opc)
		contains -- $word %[2]s; and return
	end
	__fish_complete_subcommand %[3]s
end
complete -c %[1]s -a '(__%[1]s_operands)'
`
