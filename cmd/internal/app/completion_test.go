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

// TestCompletion asks the real shells, those that are installed, what they offer
// after a beginning of a command line.
func TestCompletion(t *testing.T) {
	const bash = `source tool.bash
COMP_WORDS=(tool %WORDS% "$1"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { :; }
_tool
printf '%s\n' "${COMPREPLY[@]}"`
	const fish = `source tool.fish; complete -C "tool %WORDS% $argv[1]" | string replace -r '\t.*' ''`
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
		// zsh completes only in a line editor, so here it only reads the script.
		cmd := exec.Command("zsh", "-f", "-c", "autoload -U compinit && compinit -u -D && source ./tool.zsh && print $_comps[tool] && whence -w _tool")
		cmd.Dir = completionScript(t, "zsh")
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != "_tool\n_tool: function\n" {
			t.Errorf("got %q (%v), want the function _tool for tool", out, err)
		}
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
