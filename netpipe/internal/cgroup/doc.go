// Package cgroup puts processes into control groups of their own, of version 2, below the
// one that a service manager has delegated to this program (cgroups(7), and "Control Group
// APIs and Delegation" of systemd). The kernel counts there what a process takes together
// with all that it starts, and bounds their memory. Linux only.
package cgroup

import "time"

// A Usage is what the processes of a Group have taken together since it was made.
type Usage struct {
	CPU     time.Duration // processor time, of user and system
	Memory  int64         // the peak, in bytes; 0: not known
	OOMKill bool          // the kernel has killed one because the group had no memory left
}
