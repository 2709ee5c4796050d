package procpool

import (
	"os"
	"os/exec"
	"path/filepath"
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
