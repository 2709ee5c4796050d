// Package proctree measures what processes and all their descendants use. It reads Linux's
// /proc (proc(5)).
package proctree

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of times in /proc: 1/USER_HZ, and USER_HZ is 100 on all architectures
// of Go.
const tick = time.Second / 100

// A Usage is what processes have used so far.
type Usage struct {
	User, Sys time.Duration // processor time
	Faults    int64         // page faults
	Switches  int64         // context switches
}

// CPU returns the processor time.
func (u Usage) CPU() time.Duration { return u.User + u.Sys }

// Add returns what u and v are together.
func (u Usage) Add(v Usage) Usage {
	return Usage{u.User + v.User, u.Sys + v.Sys, u.Faults + v.Faults, u.Switches + v.Switches}
}

// Sub returns what was used between v and u.
func (u Usage) Sub(v Usage) Usage {
	return Usage{u.User - v.User, u.Sys - v.Sys, u.Faults - v.Faults, u.Switches - v.Switches}
}

// Ended returns what a process has used that has ended, and those of its children that it
// has waited for.
func Ended(state *os.ProcessState) Usage {
	used := state.SysUsage().(*syscall.Rusage)
	return Usage{state.UserTime(), state.SystemTime(), used.Minflt + used.Majflt, switches(used)}
}

func switches(used *syscall.Rusage) int64 { return used.Nvcsw + used.Nivcsw }

// Used returns what the processes roots and their descendants have used, and their children
// that have ended and were waited for. The context switches of these are not in /proc, so
// that Switches counts those of the whole machine without this process: where no other
// program runs, the difference of two calls is that of the processes.
func Used(roots ...int) (u Usage, err error) {
	_, err = each(roots, func(_ int, stat []string) {
		field := func(i int) int64 {
			n, _ := strconv.ParseInt(stat[i], 10, 64)
			return n
		}
		u.Faults += field(7) + field(8) + field(9) + field(10) // minflt cminflt majflt cmajflt
		u.User += time.Duration(field(11)+field(13)) * tick    // utime cutime
		u.Sys += time.Duration(field(12)+field(14)) * tick     // stime cstime
	})
	if err != nil {
		return u, err
	}
	u.Switches, err = switchesOfOthers()
	return u, err
}

// switchesOfOthers returns the context switches of the machine but for those of this
// process.
func switchesOfOthers() (int64, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(text, []byte("\nctxt "))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	all, err := strconv.ParseInt(string(line), 10, 64)
	return all - switches(&own), err
}

// Memory returns the bytes of memory that the processes roots and their descendants use
// now. A shared page counts in equal parts for the processes that share it (PSS).
func Memory(roots ...int) (sum int64, err error) {
	pids, err := each(roots, func(int, []string) {})
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			continue // the process has ended
		}
		if _, rest, ok := bytes.Cut(text, []byte("\nPss:")); ok {
			kib, _ := strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64)
			sum += kib << 10
		}
	}
	return sum, err
}

// each calls f for every process of the trees, with the fields of /proc/PID/stat from
// the third field (the state) on. It returns the processes' ids.
func each(roots []int, f func(pid int, stat []string)) (pids []int, err error) {
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(all) == 0 {
		return nil, fmt.Errorf("no processes in /proc (%v)", err)
	}
	stats, children := map[int][]string{}, map[int][]int{}
	for _, name := range all {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the process has ended
		}
		pid, _ := strconv.Atoi(strings.Split(name, "/")[2])
		stat := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		parent, _ := strconv.Atoi(stat[1])
		stats[pid] = stat
		children[parent] = append(children[parent], pid)
	}
	for todo := roots; len(todo) > 0; todo = todo[1:] {
		if stat, ok := stats[todo[0]]; ok {
			pids = append(pids, todo[0])
			f(todo[0], stat)
			todo = append(todo, children[todo[0]]...)
		}
	}
	return pids, nil
}
