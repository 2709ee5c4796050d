package procpool

import (
	"log/slog"
	"syscall"
	"time"

	"imgpipe/netpipe/internal/cgroup"
)

// A Usage is what processes have taken, as far as it is known.
type Usage struct {
	CPU    time.Duration // processor time, of user and system; 0: not known
	Memory int64         // the peak, in bytes; 0: not known
}

// Attrs returns what is known, for the log.
func (u Usage) Attrs() (attrs []slog.Attr) {
	if u.CPU > 0 {
		attrs = append(attrs, slog.Duration("cpu", u.CPU))
	}
	if u.Memory > 0 {
		attrs = append(attrs, slog.Int64("peak", u.Memory))
	}
	return attrs
}

// usageOf returns what a process has taken that has ended, and those of its children that it
// has waited for. The kernel counts the memory of this program at the fork to the process, so
// that a peak below that of this program is not known.
func usageOf(r *syscall.Rusage, ownPeak int64) Usage {
	u := Usage{CPU: time.Duration(r.Utime.Nano() + r.Stime.Nano())}
	if peak := int64(r.Maxrss) * rssUnit; peak > ownPeak {
		u.Memory = peak
	}
	return u
}

// ownPeak returns the peak of this program's memory, in bytes.
func ownPeak() int64 {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return int64(r.Maxrss) * rssUnit
}

// noteGroupUsage notes what p's cgroup has taken, when p has been waited for.
func (p *process) noteGroupUsage() {
	if p.group != nil {
		u := p.group.Usage()
		p.used, p.outOfMemory = groupUsage(u, p.used), u.OOMKill
	}
}

// groupUsage returns what a cgroup has counted, and of what it does not count, other.
func groupUsage(u cgroup.Usage, other Usage) Usage {
	used := Usage{u.CPU, u.Memory}
	if used.Memory == 0 {
		used.Memory = other.Memory
	}
	return used
}

// add adds what another process has taken at the same time.
func (u *Usage) add(other Usage) {
	u.CPU += other.CPU
	u.Memory += other.Memory
}
