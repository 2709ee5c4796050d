package app

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// zsh is told which options take a value, and what it may be.
func TestCompletionOfValues(t *testing.T) {
	p, _ := tool()
	var script strings.Builder
	if err := p.run([]string{"-completion", "zsh"}, &script); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"'*-text[a TEXT]:TEXT:(short long)' ",
		"'*-o[write FILE]:FILE:_files' ",
		"'*-item[an ITEM; may be repeated]:ITEM: ' ",
		"'*-dry-run[a switch]' ",
	} {
		if !strings.Contains(script.String(), line) {
			t.Errorf("want %q in\n%s", line, script.String())
		}
	}
}

// TestCompletion asks the real shells, those that are installed, what they offer
// after a beginning of a command line.
func TestCompletion(t *testing.T) {
	const bash = `source tool.bash
COMP_WORDS=(tool %WORDS% "$1"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_LINE="tool %WORDS% $1"; COMP_POINT=${#COMP_LINE}
compopt() { :; }
_command() { [[ ${COMP_WORDS[COMP_CWORD-1]} == -of-command ]] && COMPREPLY=(of-command); }
complete -F _command command
_completion_loader() { [[ $1 == later ]] && complete -F _command later; }
_tool
printf '%s\n' "${COMPREPLY[@]}"`
	const fish = `source tool.fish; complete -c command -c later -o of-command -x -a of-command; complete -C "tool %WORDS% $argv[1]" | string replace -r '\t.*' ''; true`
	for _, shell := range []struct{ name, script string }{{"bash", bash}, {"fish", fish}} {
		t.Run(shell.name, func(t *testing.T) {
			dir := completionScript(t, shell.name)
			for _, c := range []struct {
				name, words, word string
				want              []string
			}{
				{"options", "", "-", []string{"-completion", "-dry-run", "-help", "-item", "-o", "-serve", "-text", "-version"}},
				{"one option", "", "-dr", []string{"-dry-run"}},
				{"the words of an option", "-text", "", []string{"long", "short"}},
				{"a program", "", "env", []string{"env"}},
				{"the shells", "-completion", "z", []string{"zsh"}},
				{"an option behind a value", "-item cat", "-dr", []string{"-dry-run"}},
				{"an option behind a command", "-text=x -dry-run -item 127.0.0.1:1 cat", "-dr", nil},
				{"behind an option of a command", "cat -text", "lo", nil},
				{"as the command says", "-item 127.0.0.1:1 command -of-command", "of-", []string{"of-command"}},
				{"a command whose script is read when it is needed", "-item 127.0.0.1:1 later -of-command", "of-", []string{"of-command"}},
				{"an option of the other use, behind a file", "-serve file", "-dr", []string{"-dry-run"}},
			} {
				cmd := exec.Command(shell.name, "-c", strings.ReplaceAll(shell.script, "%WORDS%", c.words), "--", c.word)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "HOME="+dir)
				out, err := cmd.CombinedOutput()
				got := strings.Fields(string(out))
				slices.Sort(got)
				if c.name == "a program" { // there may be others whose names begin so
					got = slices.Compact(slices.DeleteFunc(got, func(name string) bool { return name != "env" }))
				}
				if err != nil || !slices.Equal(got, c.want) {
					t.Errorf("%s: %q (%v), want %q", c.name, got, err, c.want)
				}
			}
		})
	}
	t.Run("zsh", func(t *testing.T) {
		// zsh completes only in a line editor, so here the script is read, and its function
		// calls another _arguments.
		const calls = ` && print $_comps[tool]
_arguments() { print -r -- ${#${(M)@:#\**\[*\]*}} options, ${@:#\**\[*\]*} }
words=(tool cat) && _tool && words=(tool -serve file) && _tool`
		dir := completionScript(t, "zsh")
		const want = "_tool\n8 options, -A -* *::command:_normal\n8 options, *:file:_files\n"
		zsh := func(script string) {
			cmd := exec.Command("zsh", "-f", "-c", script)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil || string(out) != want {
				t.Errorf("got %q (%v), want %q", out, err, want)
			}
		}
		zsh("autoload -U compinit && compinit -u -D && source ./tool.zsh" + calls)
		// As a file of a package, it is read when the command is first completed.
		if err := os.Rename(filepath.Join(dir, "tool.zsh"), filepath.Join(dir, "_tool")); err != nil {
			t.Fatal(err)
		}
		zsh("fpath=($PWD $fpath) && autoload -U compinit && compinit -u -D" + calls)
	})
}

// completionScript writes the script for a shell into a directory, which it
// returns. The test is skipped if the shell is not installed.
func completionScript(t *testing.T, shell string) string {
	if _, err := exec.LookPath(shell); err != nil {
		t.Skip("not installed")
	}
	p, _ := tool()
	var stdout, stderr bytes.Buffer
	if status := p.main([]string{"-completion", shell}, &stdout, &stderr); status != 0 || stderr.Len() > 0 {
		t.Fatalf("status %d, stderr %q; want 0 and nothing", status, stderr.String())
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tool."+shell), stdout.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}
