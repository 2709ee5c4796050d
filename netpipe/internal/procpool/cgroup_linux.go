package procpool

import (
	"syscall"

	"imgpipe/netpipe/internal/cgroup"
)

// startGrouped is startLimited in a cgroup of its own, if there is one to be had: the process
// begins in it, so that nothing that it starts is outside.
func (s *supervisor) startGrouped(prog *program, argv []string, attr *syscall.ProcAttr) (pid int, group *cgroup.Group, err error) {
	var groupErr error
	if s.cgroups != nil {
		if group, groupErr = s.cgroups.NewGroup(s.limits.Memory); groupErr == nil {
			attr.Sys.UseCgroupFD, attr.Sys.CgroupFD = true, group.FD()
			pid, groupErr = s.startLimited(prog, argv, attr)
			group.Started()
			if groupErr == nil {
				return pid, group, nil
			}
			group.Close()
			attr.Sys.UseCgroupFD = false
		}
	}
	pid, err = s.startLimited(prog, argv, attr)
	if err == nil && groupErr != nil {
		s.ungrouped.Do(func() { s.log.Warn("filters run without cgroups of their own", "err", groupErr) })
	}
	return pid, nil, err
}
