//go:build !linux

package procpool

import (
	"syscall"

	"imgpipe/netpipe/internal/cgroup"
)

// startGrouped is startLimited: this system has no cgroups.
func (s *supervisor) startGrouped(prog *program, argv []string, attr *syscall.ProcAttr) (pid int, group *cgroup.Group, err error) {
	pid, err = s.startLimited(prog, argv, attr)
	return pid, nil, err
}
