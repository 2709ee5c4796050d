package procpool

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A program is what processes execute.
type program struct {
	Program
	path        string
	stopsAtExec bool // see supervisor.startLimited
}

// newProgram looks for a program, in PATH or else beside this program.
func newProgram(p Program) (*program, error) {
	path, err := lookProgram(p.Args[0])
	if err != nil {
		return nil, err
	}
	if p.Env == nil {
		p.Env = os.Environ()
	}
	return &program{Program: p, path: path, stopsAtExec: mayStopAtExec(path)}, nil
}

// withEnv returns a program that has more variables, as NAME=VALUE. They replace those of
// the same names.
func (p *program) withEnv(more []string) *program {
	if len(more) == 0 {
		return p
	}
	other := *p
	other.Env = slices.DeleteFunc(slices.Clone(p.Env), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.ContainsFunc(more, func(m string) bool { return strings.HasPrefix(m, name+"=") })
	})
	other.Env = append(other.Env, more...)
	return &other
}

func lookProgram(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil || filepath.Base(name) != name {
		return path, err
	}
	self, selfErr := os.Executable()
	if selfErr != nil {
		return "", err
	}
	if path, besideErr := exec.LookPath(filepath.Join(filepath.Dir(self), name)); besideErr == nil {
		return path, nil
	}
	return "", err
}
